/** `--device-open-…` on modems in either USB composition, and how a simulated one is given another. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { ModemInput } from "../../src/cli/inputs.ts"
import { onBus } from "../../src/cli/modem.ts"
import { namedSetups } from "../../src/cli/simulated-setups.ts"
import { wordsOf } from "../../src/cli/words.ts"
import * as Modem from "../../src/device/Modem.ts"
import { UsbBus } from "../../src/device/UsbBus.ts"
import type { OpenOptions } from "../../src/device/UsbBus.ts"
import { em7455 as em7455Setup, layer } from "../../src/sim/index.ts"
import { nextCommand } from "../../src/update/advice.ts"
import type { Condition } from "../../src/update/condition.ts"
import { TransportError } from "../../src/transport/TransportError.ts"
import { DeviceOpen, DeviceOpenProxy } from "../../src/update/DeviceOpen.ts"
import * as Update from "../../src/update/Update.ts"
import { timed, valueOf } from "../support/virtual-time.ts"
import { boothold, carrier, contains, system } from "./support.ts"

const em7455 = ["--simulate", "em7455"]
const mbim = [...em7455, "--simulate-composition", "8"]
const both = [system, carrier]

describe("--device-open-…", () => {
  it.effect("goes by the port's driver where it is absent, or says auto", () =>
    Effect.gen(function* () {
      for (const modem of [em7455, mbim, [...em7455, "--simulate-composition", "9"]]) {
        for (const words of [[], ["--device-open-auto"]]) {
          const { code, out } = yield* boothold(["info", ...modem, ...words])
          assert.strictEqual(code, 0, modem.join(" "))
          contains(out, "02.24.05.06")
        }
      }
    })
  )

  it.effect("speaks what it says, whatever the driver is, in every command that talks to the control port", () =>
    Effect.gen(function* () {
      const commands = [["info"], ["plan", ...both], ["update", "--yes", ...both], ["reset", "--yes"]]
      for (const [command = "", ...words] of commands) {
        assert.strictEqual((yield* boothold([command, ...mbim, "--device-open-mbim", ...words])).code, 0, command)
        assert.strictEqual((yield* boothold([command, ...em7455, "--device-open-qmi", ...words])).code, 0, command)
        const asQmi = yield* boothold([command, ...mbim, "--device-open-qmi", ...words])
        assert.strictEqual(asQmi.code, 14, command)
        contains(asQmi.err, "Get Version Info: no answer")
        const asMbim = yield* boothold([command, ...em7455, "--device-open-mbim", ...words])
        assert.strictEqual(asMbim.code, 14, command)
        contains(asMbim.err, "OPEN: no answer")
      }
    })
  )

  it.effect("updates a modem in MBIM mode, and asks it afterwards over MBIM", () =>
    Effect.gen(function* () {
      const { code, out } = yield* boothold(["update", ...mbim, "--device-open-mbim", "--yes", ...both])
      assert.strictEqual(code, 0)
      contains(out, "the modem runs 02.33.03.00")
    })
  )

  it.effect("says one thing only", () =>
    Effect.gen(function* () {
      for (const command of ["info", "update", "plan", "reset", "download"]) {
        const files = command === "info" || command === "reset" ? [] : both
        const { code, err } = yield* boothold([command, ...mbim, "--device-open-qmi", "--device-open-mbim", ...files])
        assert.strictEqual(code, 2)
        assert.strictEqual(
          err,
          "error: --device-open-qmi and --device-open-mbim exclude each other\n" +
            `help:  \`boothold ${command} --help\` lists its options.`
        )
      }
      const all = ["--device-open-mbim", "--device-open-auto", "--device-open-qmi"]
      contains(
        (yield* boothold(["info", ...all])).err,
        "--device-open-auto, --device-open-qmi and --device-open-mbim exclude each other"
      )
    })
  )

  it.effect("is in the command that a failed run advises, which works", () =>
    Effect.gen(function* () {
      const broken = ["--no-rollback-on-failure", "--simulate-behaviour", "nakWrite:image=0,chunk=1,status=1"]
      const { code, err } = yield* boothold(["update", ...mbim, "--device-open-mbim", "--yes", ...broken, ...both])
      assert.strictEqual(code, 7)
      const next =
        "next:  boothold recover --simulate em7455 --simulate-composition 8 " +
        `--device-open-mbim --simulate-mode boot-and-hold --yes --images ${system} --images ${carrier}`
      assert.strictEqual(err.split("\n").at(-1), next)
      const words = next.replace("next:  boothold ", "").split(" ")
      const went = yield* boothold(words)
      assert.strictEqual(went.code, 0)
      contains(went.out, "the modem runs 02.33.03.00")
    })
  )

  it.effect("is no option of list, which opens no port, and not advised for it", () =>
    Effect.gen(function* () {
      assert.strictEqual((yield* boothold(["list", ...mbim, "--device-open-mbim"])).code, 2)
      const input: ModemInput = { json: false, selector: {}, simulation: undefined, deviceOpen: "mbim" }
      const words = yield* Effect.map(Modem.select(), (modem) => wordsOf("update", input, modem))
      const advised = (condition: Condition) => nextCommand(condition, words)
      assert.strictEqual(advised({ _tag: "Running", firmware: "1" }), "boothold list --usb-path 1-2")
      assert.strictEqual(advised({ _tag: "Untouched" }), "boothold update --usb-path 1-2 --device-open-mbim IMAGE…")
      assert.strictEqual(advised({ _tag: "BootAndHold" }), "boothold recover --usb-path 1-2 --device-open-mbim")
    }).pipe(Effect.provide(layer(em7455Setup())))
  )
})

describe("--device-open-proxy", () => {
  it.effect("is for real modems, whichever way it is written", () =>
    Effect.gen(function* () {
      for (const word of ["-p", "--device-open-proxy"]) {
        const { code, err } = yield* boothold(["info", ...em7455, word])
        assert.strictEqual(code, 2)
        contains(err, "a simulated one is shared with nobody", "boothold info --help")
      }
      // On a real bus it says nothing of its own: here it is the modem that is missing.
      assert.strictEqual((yield* boothold(["info", "-p", "--usb-path", "99-99"])).code, 3)
    })
  )

  it.effect("goes with each protocol, and into the advised command", () =>
    Effect.gen(function* () {
      const opened = Effect.all([DeviceOpen, DeviceOpenProxy])
      const input: ModemInput = { json: false, selector: {}, simulation: undefined }
      assert.deepStrictEqual(yield* opened.pipe(onBus(input)), ["auto", false])
      assert.deepStrictEqual(yield* opened.pipe(onBus({ ...input, deviceOpen: "mbim", proxy: true })), ["mbim", true])
      const modem = yield* Modem.select()
      const words = wordsOf("update", { ...input, deviceOpen: "mbim", proxy: true }, modem)
      assert.strictEqual(
        nextCommand({ _tag: "BootAndHold" }, words),
        "boothold recover --usb-path 1-2 --device-open-mbim --device-open-proxy"
      )
      assert.strictEqual(nextCommand({ _tag: "Running", firmware: "1" }, words), "boothold list --usb-path 1-2")
    }).pipe(Effect.provide(layer(em7455Setup())))
  )

  it.effect("says by which proxy the bus is to open the port: the one of its protocol", () =>
    Effect.gen(function* () {
      for (const [composition, proxy] of [
        [6, "qmi"],
        [8, "mbim"]
      ] as const) {
        const asked: Array<OpenOptions | undefined> = []
        const noting = Layer.effect(
          UsbBus,
          Effect.map(UsbBus, (bus) =>
            UsbBus.of({
              ...bus,
              open: (device, port, options) => {
                asked.push(options)
                return bus.open(device, port, options)
              }
            })
          )
        ).pipe(Layer.provide(layer(em7455Setup({ composition }))))
        const info = Effect.flatMap(Modem.select(), Update.facts)
        for (const on of [true, false]) {
          const { exit } = yield* timed(Effect.provideService(info, DeviceOpenProxy, on), "1 hour").pipe(
            Effect.provide(Layer.fresh(noting))
          )
          assert.strictEqual(valueOf(exit).firmware, "02.24.05.06")
        }
        assert.deepStrictEqual(asked, [{ proxy }, {}])
      }
    })
  )

  it.effect("waits for a proxy that cannot open the port yet", () =>
    Effect.gen(function* () {
      let refusals = 2
      const refusing = Layer.effect(
        UsbBus,
        Effect.map(UsbBus, (bus) =>
          UsbBus.of({
            ...bus,
            open: (device, port, options) =>
              Effect.suspend(() =>
                refusals-- > 0
                  ? Effect.fail(
                      new TransportError({
                        endpoint: port.name,
                        operation: "open",
                        reason: { _tag: "ProxyRefused", proxy: "qmi-proxy", detail: "QMI error 3 (Internal)" }
                      })
                    )
                  : bus.open(device, port, options)
              )
          })
        )
      ).pipe(Layer.provide(layer(em7455Setup())))
      const { exit } = yield* timed(Effect.flatMap(Modem.select(), Update.facts), "1 hour").pipe(
        Effect.provide(Layer.fresh(refusing))
      )
      assert.strictEqual(valueOf(exit).firmware, "02.24.05.06")
      assert.strictEqual(refusals, -1)
    })
  )
})

describe("--simulate-composition", () => {
  it.effect("shows the modem's ports in that composition", () =>
    Effect.gen(function* () {
      const drivers = Effect.fnUntraced(function* (words: ReadonlyArray<string>) {
        const { out } = yield* boothold(["list", "--json", ...words])
        const [modem] = JSON.parse(out) as ReadonlyArray<{ readonly ports: ReadonlyArray<{ readonly driver: string }> }>
        return (modem?.ports ?? []).map(({ driver }) => driver)
      })
      assert.include(yield* drivers(em7455), "qmi_wwan")
      assert.include(yield* drivers(mbim), "cdc_mbim")
      assert.deepStrictEqual(yield* drivers([...em7455, "--simulate-composition", "9"]), ["cdc_mbim"])
    })
  )

  it.effect("is --composition of boothold simulate, for all its modems", () =>
    Effect.gen(function* () {
      const setups = yield* namedSetups({
        ...{ models: ["em7455", "mc7455"], serials: [], usbPaths: [], usbIds: [], faults: [], speed: 1, instant: true },
        ...{ bootSeconds: undefined, mode: "application", composition: 8, firmware: undefined, config: undefined },
        ...{ carrier: undefined, preference: undefined }
      } as const)
      assert.deepStrictEqual(
        setups.map(({ setup }) => setup.state.composition),
        [8, 8]
      )
    })
  )

  it.effect("is one that the model has", () =>
    Effect.gen(function* () {
      const { code, err } = yield* boothold(["info", "--simulate", "mc7354", "--simulate-composition", "8"])
      assert.strictEqual(code, 2)
      contains(err, '--simulate-composition takes one of the USB compositions of mc7354: 6, not "8"')
      const served = yield* boothold(["simulate", "em7455", "mc7710", "--composition", "8", "--for", "0"])
      assert.strictEqual(served.code, 2)
      contains(served.err, '--composition takes one of the USB compositions of mc7710: 6, not "8"')
    })
  )
})
