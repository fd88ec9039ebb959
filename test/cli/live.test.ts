/** The command line on real modems, as far as a picture of /sys goes: which modem, and what keeps it from being used. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import { symlinkSync } from "node:fs"
import { join } from "node:path"
import { FoundReport } from "../../src/cli/render/json.ts"
import { wordsOf } from "../../src/cli/words.ts"
import { modemOf } from "../../src/device/Modem.ts"
import { SystemBusAddress } from "../../src/live/ModemManager.ts"
import { Roots } from "../../src/live/Roots.ts"
import { nextCommand } from "../../src/update/advice.ts"
import { usbDevice } from "../support/fake-bus.ts"
import { fakeSystem, held, mc7455 } from "../support/fake-sysfs.ts"
import type { FakeSystem } from "../support/fake-sysfs.ts"
import { boothold, carrier, contains, system as systemImage } from "./support.ts"

const on = (system: FakeSystem, ...args: ReadonlyArray<string>) =>
  Effect.provide(boothold(args), Layer.succeed(Roots, system.roots))

const decodeList = Schema.decodeUnknownSync(Schema.fromJsonString(Schema.Array(FoundReport)))

const images = [systemImage, carrier]

describe("boothold list", () => {
  it.effect("shows every modem with its place and ports, and why some are not taken", () =>
    Effect.gen(function* () {
      const system = yield* fakeSystem
      system.plug(mc7455("1-2", 0, { number: 7 }))
      system.plug(held("1-3.1", "ttyUSB9", ["1199", "9078"]))
      system.plug(held("2-1", "ttyUSB8", ["1199", "9001"]))
      system.plug(mc7455("2-2", 10, { ids: ["1234", "5678"], product: "Router" }))
      system.plug({ path: "3-1", ids: ["1199", "9070"], interfaces: [{ number: 0 }] })
      const { code, out } = yield* on(system, "list")
      assert.strictEqual(code, 0)
      contains(
        out,
        "MC7455 1199:9071 at 1-2, serial LQ00000001, application",
        "ttyUSB0 (diag, qcserial), ttyUSB1 (nmea, qcserial), ttyUSB2 (at, qcserial), cdc-wdm0 (control, qmi_wwan)",
        "1:7",
        "EM7455 (Lenovo) 1199:9078 at 1-3.1, boot-and-hold",
        "Gobi 2000 1199:9001 at 2-1",
        "not updated by boothold: a Gobi modem",
        "Router 1234:5678 at 2-2",
        "its ids are not known: it is taken only when it is named",
        "none on interface 0 (download): sudo modprobe qcserial && echo 1199 9070 |"
      )
      const found = decodeList((yield* on(system, "list", "--json")).out)
      assert.deepStrictEqual(
        found.map(({ busnumDevnum, standing, usbPath }) => [usbPath, standing, busnumDevnum?.slice(0, 2)]),
        [
          ["1-2", "modem", "1:"],
          ["1-3.1", "modem", "1:"],
          ["2-1", "refused", "2:"],
          ["2-2", "possible", "2:"],
          ["3-1", "modem", "3:"]
        ]
      )
      assert.deepStrictEqual(found[4]?.missingDrivers[0]?.driver, "qcserial")
      assert.strictEqual(found[0]?.ports[3]?.node, join(system.roots.dev, "cdc-wdm0"))
    })
  )

  it.effect("takes upstream's options, short and long, and links to device nodes", () =>
    Effect.gen(function* () {
      const system = yield* fakeSystem
      system.plug(mc7455("1-2", 0, { number: 7 }))
      system.plug(mc7455("1-3", 4, { number: 8 }))
      const link = join(system.roots.dev, "by-id")
      symlinkSync(join(system.roots.dev, "ttyUSB6"), link)
      const paths = (...args: ReadonlyArray<string>) =>
        Effect.map(on(system, "list", "--json", ...args), ({ out }) => decodeList(out).map(({ usbPath }) => usbPath))
      const wdm = join(system.roots.dev, "cdc-wdm1")
      for (const args of [
        ["-s", "1:8"],
        ["--busnum-devnum", "008"],
        ["-w", wdm],
        ["--cdc-wdm", "cdc-wdm1"],
        ["-t", link],
        ["--tty", "/dev/ttyUSB4"],
        ["--usb-path", "1-3"],
        ["-d", "1199:9071", "-s", "8"]
      ]) {
        assert.deepStrictEqual(yield* paths(...args), ["1-3"], args.join(" "))
      }
      assert.deepStrictEqual(yield* paths("-d", "1199"), ["1-2", "1-3"])
      assert.deepStrictEqual(yield* paths("-t", "/dev/ttyUSB0", "-w", wdm), [])
      for (const args of [
        ["-d", "EM7455"],
        ["-s", "1-2"]
      ]) {
        const { code, err } = yield* on(system, "list", ...args)
        assert.strictEqual(code, 2)
        contains(err, "e.g.", String(args[1]))
      }
    })
  )
})

describe("a command for one modem", () => {
  it.effect("says what there is where none or several are meant", () =>
    Effect.gen(function* () {
      const system = yield* fakeSystem
      const none = yield* on(system, "info")
      assert.strictEqual(none.code, 3)
      contains(none.err, "no modem found (")
      system.plug(mc7455("1-2"))
      system.plug(mc7455("1-3", 4, { serial: "LQ00000002" }))
      const several = yield* on(system, "update", "--yes", ...images)
      assert.strictEqual(several.code, 10)
      contains(several.err, "at 1-2, serial LQ00000001", "at 1-3, serial LQ00000002", "boothold info --usb-path")
      const other = yield* on(system, "info", "-d", "1199:9079")
      assert.strictEqual(other.code, 3)
      contains(other.err, "on the bus: MC7455 1199:9071 at 1-2")
    })
  )

  it.effect("tells what can be known of a modem that waits in boot-and-hold, and how to go on", () =>
    Effect.gen(function* () {
      const system = yield* fakeSystem
      system.plug(held("1-3", "ttyUSB0", ["1199", "68c0"]))
      const { code, out } = yield* on(system, "info", "-t", "ttyUSB0")
      assert.strictEqual(code, 0)
      contains(
        out,
        "waits in boot-and-hold",
        "SWI9X15 or SWI9X07",
        "ttyUSB0 (download)",
        "boothold recover --usb-path 1-3"
      )
      const json = JSON.parse((yield* on(system, "info", "--json")).out) as {
        readonly facts: unknown
        readonly next: string
      }
      assert.deepStrictEqual([json.facts, json.next], [null, "boothold recover --usb-path 1-3 --json"])
    })
  )

  it.effect("refuses what speaks another protocol, even when it is named", () =>
    Effect.gen(function* () {
      const system = yield* fakeSystem
      system.plug(held("2-1", "ttyUSB8", ["05c6", "9008"]))
      const { code, err } = yield* on(system, "download", "--usb-path", "2-1", "--yes", ...images)
      assert.strictEqual(code, 11)
      contains(err, "Qualcomm emergency download", "Sahara")
    })
  )

  it.effect("does not write where ModemManager runs and cannot be asked, unless it is told to; looking is free", () =>
    Effect.gen(function* () {
      const system = yield* fakeSystem
      system.plug(mc7455("1-2"))
      system.process(812, "ModemManager")
      const address = `unix:path=${join(system.roots.dev, "no-bus")}`
      const without = (...words: ReadonlyArray<string>) =>
        Effect.provideService(on(system, ...words), SystemBusAddress, address)
      for (const words of [["update", ...images], ["download", ...images], ["reset"]]) {
        const { code, err } = yield* without(...words, "--yes")
        assert.strictEqual(code, 16)
        contains(err, "pid 812", "no system bus", "systemctl stop ModemManager", "--ignore-modem-manager")
      }
      // A modem in application mode has no download port: that far it gets, and nothing was sent.
      for (const flag of ["--ignore-modem-manager", "--ignore-mm-runtime-check"]) {
        assert.strictEqual((yield* without("download", ...images, "--yes", flag)).code, 13)
      }
      assert.strictEqual((yield* without("list")).code, 0)
      assert.strictEqual((yield* without("reset", "--yes", "--simulate", "em7455", "--simulate-speed", "60")).code, 0)
    })
  )
})

describe("the advised command", () => {
  const modem = modemOf(usbDevice({ portPath: "3-1.4" }))
  const input = {
    json: false,
    selector: {},
    simulation: undefined,
    files: ["a.cwe"],
    ignoreModemManager: false,
    yes: true
  }
  const next = (given: Partial<Parameters<typeof wordsOf>[1]>) =>
    nextCommand({ _tag: "BootAndHold" }, wordsOf("update", { ...input, ...given }, modem))

  it("names a real modem by its place: ids, numbers and nodes are others after a restart", () => {
    const here = "boothold recover --usb-path 3-1.4 --yes --images a.cwe"
    for (const selector of [
      {},
      { vidPid: "1199:9071" },
      { busnumDevnum: "1:7" },
      { cdcWdm: "/dev/cdc-wdm0" },
      { tty: "/dev/ttyUSB2" },
      { serial: "LQ1", usbPath: "3-1.4" }
    ]) {
      assert.strictEqual(next({ selector }), here)
    }
  })

  it("keeps that ModemManager is ignored", () => {
    assert.strictEqual(
      next({ ignoreModemManager: true }),
      "boothold recover --usb-path 3-1.4 --ignore-modem-manager --yes --images a.cwe"
    )
  })
})
