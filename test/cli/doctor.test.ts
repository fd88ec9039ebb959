/** `boothold doctor`, and what of it `update` does by itself. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import { DoctorReport } from "../../src/cli/render/doctor.ts"
import { planSummary } from "../../src/cli/render/plan.ts"
import { planReport } from "../../src/cli/render/json.ts"
import { styleFor } from "../../src/cli/render/text.ts"
import { withFindings } from "../../src/cli/before-writing.ts"
import { modemOf } from "../../src/device/Modem.ts"
import { swi9x30 } from "../../src/device/families/swi9x30.ts"
import { Host } from "../../src/doctor/Host.ts"
import { Roots } from "../../src/live/Roots.ts"
import type { UpdatePlan } from "../../src/update/Update.ts"
import { node, soundDevice, soundFacts, soundHost } from "../doctor/support.ts"
import { fakeSystem, held, mc7455 } from "../support/fake-sysfs.ts"
import type { FakeSystem } from "../support/fake-sysfs.ts"
import { images9200 } from "../support/simulated-update.ts"
import { timed } from "../support/virtual-time.ts"
import { begin, boothold, carrier, contains, system as systemImage } from "./support.ts"

const on = (system: FakeSystem, ...args: ReadonlyArray<string>) =>
  Effect.provide(boothold(args), Layer.succeed(Roots, system.roots))

const decode = Schema.decodeUnknownSync(Schema.fromJsonString(DoctorReport))

/** A kernel that knows what an EM7455 is in boot-and-hold, and nothing else. */
const withKernel = Effect.map(fakeSystem, (system) => {
  system.file("proc/sys/kernel/osrelease", "6.1.0\n")
  system.file("lib/modules/6.1.0/modules.alias", "alias usb:v1199p9070d*dc*dsc*dp*ic*isc*ip*in* qcserial\n")
  system.file("lib/modules/6.1.0/modules.dep", "kernel/drivers/usb/serial/qcserial.ko:\n")
  system.file("sys/bus/usb-serial/drivers/qcserial/new_id", "")
  system.file("run/udev/control", "")
  system.file("dev/bus/usb/001/007", "")
  return system
})

/** What depends on the machine that the tests run on. */
const steady = (text: string): string =>
  text
    .replace(/\S+\/dev\/ttyUSB0, .*: may be opened/, "PORTS: may be opened")
    .replaceAll(/\d+ MiB are free in \S+/g, "N MiB are free in FOLDER")
    .split("\n")
    // Tests may run as root or not.
    .filter((line) => !/no other program has|which ports programs|sudo boothold doctor/.test(line))
    .join("\n")

describe("boothold doctor", () => {
  it.effect("shows what is right and what is not, with the cure", () =>
    Effect.gen(function* () {
      const system = yield* withKernel
      system.plug(mc7455("1-2", 0, { number: 7, ids: ["1199", "9079"], product: "EM7455" }))
      system.file("sys/bus/usb/devices/1-2/power/control", "auto\n")
      system.file("proc/meminfo", "MemAvailable: 409600 kB\n")
      const { code, out } = yield* on(system, "doctor")
      assert.strictEqual(code, 0)
      assert.strictEqual(
        steady(out),
        [
          "EM7455 (Lenovo) 1199:9079 at 1-2, serial LQ00000001, application",
          "  ok       every interface that is needed has its driver",
          "  ok       PORTS: may be opened",
          "  warning  in boot-and-hold it is 1199:9078, which no serial driver of this kernel knows: it would come back without a serial port, and boothold has to go straight over USB",
          "           do: `sudo modprobe qcserial && echo 1199 9078 | sudo tee /sys/bus/usb-serial/drivers/qcserial/new_id`",
          "  warning  the kernel may put it to sleep when nothing is said (power/control is auto)",
          "           do: `echo on | sudo tee /sys/bus/usb/devices/1-2/power/control && echo -1 | sudo tee /sys/module/usbcore/parameters/autosuspend`",
          "  ok       no rule of usb_modeswitch is for it",
          "This computer",
          "  ok       ModemManager does not run",
          "  ok       no virtual machine is seen",
          "  ok       400 MiB of memory are free",
          "  ok       N MiB are free in FOLDER",
          "2 warnings: an update may fail"
        ].join("\n")
      )
    })
  )

  it.effect("says the same as JSON", () =>
    Effect.gen(function* () {
      const system = yield* withKernel
      system.plug(mc7455("1-2", 0, { number: 7 }))
      system.plug(held("1-3", "ttyUSB9", ["1199", "9070"]))
      const { code, out } = yield* on(system, "doctor", "--json")
      const report = decode(out)
      assert.strictEqual(code, 0)
      assert.strictEqual(report.worst, "info")
      assert.deepStrictEqual(
        report.modems.map(({ findings, modem }) => [
          modem.usbPath,
          findings.some((one) => one.code === "DOCTOR_BOOT_ID_OK"),
          findings.some((one) => one.code === "DOCTOR_IN_BOOT_AND_HOLD")
        ]),
        [
          ["1-2", true, false],
          ["1-3", false, true]
        ]
      )
      assert.include(
        report.general.map(({ code: one }) => one),
        "DOCTOR_MODEM_MANAGER_OK"
      )
    })
  )

  it.effect("looks at the named modem alone, and misses it with an error", () =>
    Effect.gen(function* () {
      const system = yield* withKernel
      system.plug(mc7455("1-2", 0, { number: 7 }))
      system.plug(mc7455("1-3", 4, { number: 8 }))
      const one = decode((yield* on(system, "doctor", "--usb-path", "1-3", "--json")).out)
      assert.deepStrictEqual(
        one.modems.map(({ modem }) => modem.usbPath),
        ["1-3"]
      )
      const none = yield* on(system, "doctor", "--usb-path", "1-9", "--json")
      assert.strictEqual(none.code, 21)
      assert.deepStrictEqual(
        decode(none.out)
          .general.filter(({ severity }) => severity === "error")
          .map(({ code }) => code),
        ["DOCTOR_NO_MODEM"]
      )
    })
  )

  it.effect("checks images against a simulated modem, which has no computer around it", () =>
    Effect.gen(function* () {
      const good = yield* boothold(["doctor", "--simulate", "em7455", systemImage, carrier])
      assert.strictEqual(good.code, 0)
      assert.strictEqual(
        good.out,
        [
          "EM7455 1199:9071 at 1-2, serial XX000000000000, application",
          `  ok       ${systemImage}: all CRCs right, made for SWI9X30`,
          `  ok       ${carrier}: all CRCs right, made for SWI9X30`,
          "nothing stands in the way of an update"
        ].join("\n")
      )
    })
  )

  it.effect("says which images are refused, and why; also those that cannot be read", () =>
    Effect.gen(function* () {
      const [name = ""] = Object.keys(images9200)
      const other = yield* boothold(["doctor", "--simulate", "em7455", name], { files: images9200 })
      assert.strictEqual(other.code, 21)
      contains(other.out, "error    ", "is for another family", "1 error, 0 warnings: an update would be stopped")
      const missing = yield* boothold(["doctor", "--simulate", "em7455", "--json", "nowhere.cwe"])
      assert.strictEqual(missing.code, 21)
      const report = decode(missing.out)
      assert.deepStrictEqual(
        report.general.map(({ code }) => code),
        ["DOCTOR_IMAGES_REFUSED"]
      )
      assert.include(report.general[0]?.reason, "nowhere.cwe")
    })
  )

  it.effect("sends nothing to a modem without images: one that is deaf costs no time", () =>
    Effect.gen(function* () {
      const millis = Effect.fnUntraced(function* (...images: ReadonlyArray<string>) {
        const deaf = ["--simulate-behaviour", "hang:where=control"]
        const { command } = yield* begin(["doctor", "--simulate", "em7455", ...deaf, ...images])
        return (yield* timed(command, "1 hour", "200 millis")).millis
      })
      assert.strictEqual(yield* millis(), 0)
      assert.isAbove(yield* millis(systemImage, carrier), 1000)
    })
  )
})

describe("before update writes", () => {
  const plan = {
    action: "update",
    modem: modemOf({ ...soundDevice, productId: 0x9079 }),
    family: swi9x30,
    facts: undefined,
    images: undefined,
    wanted: { firmware: undefined, preference: undefined },
    options: { overrideDownload: false, modemStorageIndex: undefined, skipValidation: false, rollbackOnFailure: true },
    steps: [],
    passed: [],
    warnings: ["one of the plan's own"],
    flow: { name: "update", steps: [], run: () => Effect.die("not run here") }
  } satisfies UpdatePlan

  const unreachable = { ...soundFacts, usbNode: node("/dev/bus/usb/001/007", { state: "denied" }) }
  const here = (device: typeof unreachable) =>
    Effect.provideService(Host, { facts: Effect.succeed(soundHost), device: () => Effect.succeed(device) })

  it.effect("an error stops it, and says how to see more and how to go on", () =>
    Effect.gen(function* () {
      const error = yield* withFindings(plan, true).pipe(here(unreachable), Effect.flip)
      assert.strictEqual(error.code, "CLI_HOST_NOT_READY")
      contains(error.message, "1199:9078", "may not reach it straight over USB")
      contains(error.help, "echo 1199 9078 |", "boothold doctor", "--ignore-doctor")
    })
  )

  it.effect("--ignore-doctor and plan make a warning of it, behind the plan's own", () =>
    Effect.gen(function* () {
      const { warnings } = yield* withFindings(plan, false).pipe(here(unreachable))
      assert.lengthOf(warnings, 2)
      contains(warnings[1] ?? "", "1199:9078", "echo 1199 9078 |")
      const shown = planSummary(planReport({ ...plan, warnings }), styleFor(false)).join("\n")
      contains(shown, "warning: one of the plan's own", "warning: in boot-and-hold it is 1199:9078")
    })
  )

  it.effect("nothing is looked at where nothing is to do, and on simulated modems", () =>
    Effect.gen(function* () {
      const never: Host = { facts: Effect.die("looked at"), device: () => Effect.die("looked at") }
      const nothing = { ...plan, action: "nothing" } as const
      assert.strictEqual(yield* withFindings(nothing, true).pipe(Effect.provideService(Host, never)), nothing)
      assert.strictEqual(yield* withFindings(plan, true), plan)
    })
  )

  it.effect("a simulated update is not stopped by this computer", () =>
    Effect.gen(function* () {
      const words = ["--simulate", "em7455", "--simulate-speed", "100", "--yes", systemImage, carrier]
      const { code, out } = yield* boothold(["update", ...words])
      assert.strictEqual(code, 0)
      assert.notInclude(out, "warning:")
    })
  )
})
