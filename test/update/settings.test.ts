/** What the modem's owner has set: read before the first write, compared after the update, told, and never a failure. */
import { assert, describe, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Modem from "../../src/device/Modem.ts"
import { UsbBus } from "../../src/device/UsbBus.ts"
import { unexpected } from "../../src/plan/settings.ts"
import type { Settings, SettingsDiff } from "../../src/plan/settings.ts"
import { AtError } from "../../src/session/AtError.ts"
import type { AtSession } from "../../src/session/AtSession.ts"
import { TransportError } from "../../src/transport/TransportError.ts"
import * as Sim from "../../src/sim/index.ts"
import type { ModemOptions, ModemSetup } from "../../src/sim/index.ts"
import { AtPassword } from "../../src/update/AtPassword.ts"
import { ControlWay } from "../../src/update/ControlWay.ts"
import type { UpdateEvent } from "../../src/update/events.ts"
import { readFacts } from "../../src/update/read-facts.ts"
import { readSettings, readSettingsByAt } from "../../src/update/read-settings.ts"
import { controlSession } from "../../src/update/steps/control.ts"
import { facts9x30 } from "../support/plan-facts.ts"
import { images9200, images9x15, images9x30, simulate, succeeded } from "../support/simulated-update.ts"
import type { Files } from "../support/simulated-update.ts"
import { timed, valueOf } from "../support/virtual-time.ts"

const { behaviour } = Sim

interface Kind {
  readonly name: string
  readonly make: (options?: ModemOptions) => ModemSetup
  readonly files: Files
  /** Keys that it must tell, whatever else it tells. */
  readonly tells: ReadonlyArray<string>
  readonly way?: "at"
}

const everywhere = ["imei", "apn.1", "bands", "rat", "operating-mode", "custom.GPSENABLE", "usb.interfaces"]
const x30 = [...everywhere, "bands.gw", "bands.l", "bands.tds", "usb.vendor", "usb.product", "w-disable", "pri.part"]

const kinds: ReadonlyArray<Kind> = [
  {
    name: "SWI9X30 by QMI",
    make: Sim.em7455,
    files: images9x30,
    tells: [...x30, "usb.composition", "hardware", "meid", "serial"]
  },
  {
    name: "SWI9X30 in MBIM",
    make: (options) => Sim.em7455({ composition: 8, ...options }),
    files: images9x30,
    tells: [...x30, "usb.composition"]
  },
  {
    name: "SWI9X15 by QMI",
    make: Sim.mc7354,
    files: images9x15,
    tells: [...everywhere, "usb.composition", "usb.product", "pri.part"]
  },
  { name: "SWI9200 by QMI", make: Sim.mc7710, files: images9200, tells: [...everywhere, "usb.product", "hardware"] },
  { name: "SWI9X30 by AT", make: Sim.em7455, files: images9x30, tells: [...x30, "serial"], way: "at" },
  { name: "SWI9X15 by AT", make: Sim.mc7354, files: images9x15, tells: [...everywhere, "pri.part"], way: "at" },
  { name: "SWI9200 by AT", make: Sim.mc7710, files: images9200, tells: everywhere, way: "at" }
]

const updated = (kind: Kind, options: ModemOptions = {}) =>
  Effect.map(
    simulate(kind.make(options), { files: kind.files }).pipe(
      Effect.provideService(ControlWay, kind.way === "at" ? "at" : "auto")
    ),
    (run) => {
      const { result } = succeeded(run)
      assert.strictEqual(result.outcome, "updated")
      assert(result.settings !== undefined, "something was compared")
      return { ...run, result, diff: result.settings }
    }
  )

const readIn = (events: ReadonlyArray<UpdateEvent>, when: "before" | "after"): Settings => {
  const event = events.find((one) => one._tag === "SettingsRead" && one.when === when)
  assert(event?._tag === "SettingsRead", `settings were read ${when}`)
  return event.settings
}

const keys = ({ values }: Settings): ReadonlyArray<string> => values.map(({ key }) => key)

const stepMillis = (events: ReadonlyArray<UpdateEvent>, name: string): number => {
  const event = events.find((one) => one._tag === "StepFinished" && one.step === name)
  assert(event?._tag === "StepFinished")
  return event.millis
}

const commandsOf = (journal: ReadonlyArray<Sim.JournalEntry>): ReadonlyArray<string> =>
  journal.flatMap((entry) => (entry._tag === "AtCommand" ? [entry.command] : []))

const untoldOf = ({ untold }: SettingsDiff): ReadonlyArray<string> => untold.map(({ question }) => question)

describe("an update", () => {
  for (const kind of kinds) {
    it.effect(`finds the settings unchanged: ${kind.name}`, () =>
      Effect.gen(function* () {
        const { diff, events, journal, result } = yield* updated(kind)
        const before = readIn(events, "before")
        assert.includeMembers([...keys(before)], [...kind.tells])
        assert.deepStrictEqual(unexpected(diff), [])
        assert.deepStrictEqual(diff.incomparable, [])
        assert.isAtLeast(diff.compared, kind.tells.length)
        assert.deepStrictEqual(
          events.flatMap((event) => (event._tag === "SettingsCompared" ? [event.diff] : [])),
          [result.settings]
        )
        // Told and written down before the first step that changes anything.
        const read = events.findIndex(({ _tag }) => _tag === "SettingsRead")
        const changes = events.findIndex(
          (event) => event._tag === "StepStarted" && event.risk !== "none" && event.risk !== "reads"
        )
        assert.isAbove(changes, read)
        // Nothing but questions, the unlock and what the update itself sends.
        for (const command of commandsOf(journal)) {
          assert.match(command, /\?$|^ATI$|^ATE1$|^AT!ENTERCND=|^AT!BOOTHOLD$|^AT!(GOBI)?IMPREF=/)
        }
      })
    )

    it.effect(`names what is lost, and succeeds: ${kind.name}`, () =>
      Effect.gen(function* () {
        const { diff } = yield* updated(kind, { behaviours: [behaviour("settingsLost")] })
        const lost = new Map(unexpected(diff).map((one) => [one.key, [one.before, one.after]]))
        assert.deepStrictEqual(lost.get("apn.1"), ['IP "internet"', 'IPV4V6 ""'])
        assert.deepStrictEqual(lost.get("bands"), ["09, LTE ALL", "00, All bands"])
        const others = [...lost.keys()].filter((key) => !/^(apn\.1|bands(\..*)?)$/.test(key))
        assert.deepStrictEqual(others, [])
      })
    )
  }

  it.effect("expects new carrier images in the list of the stored ones, and the end of a low power of theirs", () =>
    Effect.gen(function* () {
      const old = { firmware: "02.24.05.06", config: "002.026_000", carrier: "GENERIC" }
      const { diff } = yield* updated(kinds[0]!, { ...old, preference: { ...old, carrier: "ATT" } })
      assert.deepStrictEqual(unexpected(diff), [])
      assert.deepStrictEqual(
        diff.differences.map(({ after, before, key }) => [key, before?.slice(0, 9), after?.slice(0, 6)]),
        [
          ["operating-mode", "low-power", "online"],
          ["pri.carrier.2", undefined, "999999"]
        ]
      )
    })
  )

  it.effect("tells a profile that is gone", () =>
    Effect.gen(function* () {
      const contexts = [
        { id: 1, type: "IP", apn: "internet" },
        { id: 3, type: "IPV4V6", apn: "vzwinternet" }
      ]
      const { diff } = yield* updated(kinds[0]!, { settings: { contexts }, behaviours: [behaviour("settingsLost")] })
      const gone = diff.differences.find(({ key }) => key === "apn.3")
      assert.deepStrictEqual([gone?.kind, gone?.before], ["gone", 'IPV4V6 "vzwinternet"'])
    })
  )

  it.effect("loses at most 3 s to an AT port that is dead, and says that nothing was told there", () =>
    Effect.gen(function* () {
      const run = yield* updated(kinds[0]!, { behaviours: [behaviour("hang", { where: "at" })] })
      assert.isAtMost(stepMillis(run.events, "snapshot-settings"), 3000)
      // Known to be dead, it is not looked for again.
      assert.isAtMost(stepMillis(run.events, "compare-settings"), 300)
      assert.include(untoldOf(run.diff), "the AT port")
      assert.isAtLeast(run.diff.compared, 4)
      assert.deepStrictEqual(unexpected(run.diff), [])
      assert.deepStrictEqual(keys(readIn(run.events, "after")), keys(readIn(run.events, "before")))
    })
  )

  it.effect("asks by QMI alone where the composition has no AT port", () =>
    Effect.gen(function* () {
      const { diff, events, journal } = yield* updated(kinds[0]!, { composition: 9 })
      assert.deepStrictEqual(commandsOf(journal), [])
      assert.deepStrictEqual(
        diff.untold.find(({ question }) => question === "the AT port")?.why,
        "it has none in this composition"
      )
      const composition = readIn(events, "before").values.find(({ key }) => key === "usb.composition")
      assert.strictEqual(composition?.value, "9 (MBIM)")
    })
  )

  it.effect("compares what is told without the password, and says what is not", () =>
    Effect.gen(function* () {
      const locked = [behaviour("atPassword", { password: "B711" })]
      const { diff, events } = yield* updated(kinds[0]!, { behaviours: locked })
      assert.includeMembers([...keys(readIn(events, "before"))], ["apn.1", "bands", "rat", "w-disable"])
      assert.notIncludeMembers([...keys(readIn(events, "before"))], ["bands.gw", "usb.vendor", "usb.interfaces"])
      assert.includeMembers(
        [...untoldOf(diff)],
        ["AT!USBCOMP?", "AT!USBVID?", "AT!USBPID?", "AT!CUSTOM?", "AT!ENTERCND"]
      )
      assert.deepStrictEqual(unexpected(diff), [])
      const known = yield* updated(kinds[0]!, { behaviours: locked }).pipe(Effect.provideService(AtPassword, "B711"))
      assert.deepStrictEqual(untoldOf(known.diff), ["QMI Get Factory SKU"])
    })
  )

  it.effect("does not fail for a password that no command can carry", () =>
    Effect.gen(function* () {
      const { diff } = yield* updated(kinds[0]!).pipe(Effect.provideService(AtPassword, 'A710"'))
      assert.include(untoldOf(diff), "AT!ENTERCND")
    })
  )

  it.effect("reads them before, and compares nothing, where the modem is not asked afterwards", () =>
    Effect.gen(function* () {
      const run = yield* simulate(Sim.em7455(), { files: images9x30, plan: { skipValidation: true } })
      assert.isUndefined(succeeded(run).result.settings)
      assert.isNotEmpty(readIn(run.events, "before").values)
      assert.notInclude(
        run.events.map(({ _tag }) => _tag),
        "SettingsCompared"
      )
    })
  )
})

describe("a download", () => {
  it.effect("asks nothing more where nothing from before is known", () =>
    Effect.gen(function* () {
      for (const [make, files] of [
        [Sim.em7455, images9x30],
        [Sim.mc7354, images9x15],
        [Sim.mc7710, images9200]
      ] as const) {
        const run = yield* simulate(make({ mode: "boot-and-hold" }), { files, mode: "download" })
        assert.isUndefined(succeeded(run).result.settings)
        assert.deepStrictEqual(commandsOf(run.journal), [])
        assert.notInclude(
          run.events.map(({ _tag }) => _tag),
          "SettingsRead"
        )
      }
    })
  )

  for (const way of ["auto", "at"] as const) {
    it.effect(`compares with what an earlier run has read: ${way}`, () =>
      Effect.gen(function* () {
        const kind = kinds[way === "at" ? 4 : 0]!
        const first = yield* updated(kind)
        const settingsBefore = readIn(first.events, "before")
        const held = (options: ModemOptions) =>
          Effect.map(
            simulate(Sim.em7455({ mode: "boot-and-hold", ...options }), {
              files: images9x30,
              mode: "download",
              settingsBefore
            }).pipe(Effect.provideService(ControlWay, way)),
            (run) => succeeded(run).result.settings!
          )
        const same = yield* held({})
        assert.deepStrictEqual([unexpected(same), same.incomparable], [[], []])
        assert.isAtLeast(same.compared, 15)
        const lost = yield* held({ behaviours: [behaviour("settingsLost")] })
        assert.includeMembers(
          unexpected(lost).map(({ key }) => key),
          ["apn.1", "bands"]
        )
      })
    )
  }

  it.effect("says of each setting that it could not be compared where the AT port is dead now, within 6 s", () =>
    Effect.gen(function* () {
      const settingsBefore = readIn((yield* updated(kinds[0]!)).events, "before")
      const byAt = settingsBefore.values.filter(({ from }) => from.startsWith("AT"))
      const run = yield* simulate(
        Sim.em7455({ mode: "boot-and-hold", behaviours: [behaviour("hang", { where: "at" })] }),
        { files: images9x30, mode: "download", settingsBefore }
      )
      const diff = succeeded(run).result.settings!
      assert.deepStrictEqual(
        diff.incomparable.map(({ key }) => key),
        byAt.map(({ key }) => key)
      )
      for (const { why } of diff.incomparable) assert.match(why, /no answer within/)
      assert.deepStrictEqual(diff.differences, [])
      assert.isAtMost(stepMillis(run.events, "compare-settings"), 6000)
    })
  )

  it.effect("does not take masks that a locked modem keeps to itself for gone", () =>
    Effect.gen(function* () {
      const settingsBefore = readIn((yield* updated(kinds[0]!)).events, "before")
      const locked = [behaviour("atPassword", { password: "B711" })]
      const run = yield* simulate(Sim.em7455({ mode: "boot-and-hold", behaviours: locked }), {
        files: images9x30,
        mode: "download",
        settingsBefore
      })
      const diff = succeeded(run).result.settings!
      assert.deepStrictEqual(unexpected(diff), [])
      assert.includeMembers(
        diff.incomparable.map(({ key }) => key),
        ["bands.gw", "bands.l", "bands.tds", "usb.vendor", "custom.GPSENABLE"]
      )
    })
  )

  it.effect("waits for an AT port that comes after the control port", () =>
    Effect.gen(function* () {
      const settingsBefore = readIn((yield* updated(kinds[0]!)).events, "before")
      // The control port answers 6 s after the modem enumerates.
      const late = [behaviour("latePort", { role: "at", delay: 9000 })]
      const run = yield* simulate(Sim.em7455({ mode: "boot-and-hold", behaviours: late }), {
        files: images9x30,
        mode: "download",
        settingsBefore
      })
      assert.deepStrictEqual(succeeded(run).result.settings?.incomparable, [])
    })
  )
})

/** Reads the settings of one simulated modem, `bus` being what the reader sees of it. */
const readOn = (setups: ReadonlyArray<ModemSetup>, see: (bus: UsbBus["Service"]) => UsbBus["Service"] = (bus) => bus) =>
  timed(
    Effect.gen(function* () {
      const modem = yield* Modem.select({ usbPath: "1-2" })
      const control = yield* controlSession(modem)
      const facts = yield* readFacts(control)
      const bus = yield* UsbBus
      const started = yield* Clock.currentTimeMillis
      const settings = yield* readSettings(control, modem, facts).pipe(Effect.provideService(UsbBus, see(bus)))
      return { settings, millis: (yield* Clock.currentTimeMillis) - started }
    }).pipe(Effect.scoped, Effect.provide(Layer.fresh(Sim.layer(setups))))
  ).pipe(Effect.map(({ exit }) => valueOf(exit)))

describe("readSettings", () => {
  it.effect("believes no AT port that is another modem's", () =>
    Effect.gen(function* () {
      const twin = Sim.em7455({ portPath: "1-3", imei: "123456789012354" })
      const { settings } = yield* readOn([Sim.em7455(), twin], (bus) => ({
        ...bus,
        open: (device, port, options) =>
          port.role !== "at"
            ? bus.open(device, port, options)
            : Effect.flatMap(Effect.orDie(bus.devices), (devices) => {
                const other = devices.find(({ portPath }) => portPath === "1-3")!
                return bus.open(
                  other,
                  other.ports.find(({ role }) => role === "at")!,
                  options
                )
              })
      }))
      assert.match(settings.untold.find(({ question }) => question === "the AT port")?.why ?? "", /another modem/)
      assert.isFalse(keys(settings).includes("apn.1"))
    })
  )

  it.effect("ends within 10 s on a modem that is silent on all of its ports", () =>
    Effect.gen(function* () {
      const silent = [behaviour("hang", { where: "at" })]
      const { millis, settings } = yield* readOn([Sim.em7455({ behaviours: silent })], (bus) => bus)
      assert.isAtMost(millis, 3100)
      assert.isTrue(settings.untold.some(({ question }) => question === "the AT port"))
    })
  )

  it.effect("ends its search for an AT port after 3 s, however many ports there are and whoever has them", () =>
    Effect.gen(function* () {
      const { millis, settings } = yield* readOn([Sim.em7455()], (bus) => ({
        ...bus,
        devices: Effect.map(bus.devices, (devices) =>
          devices.map((device) => ({
            ...device,
            ports: device.ports.map((port) => (port.role === "diag" ? { ...port, role: "unknown" as const } : port))
          }))
        ),
        open: (device, port, options) =>
          port.role === "at" || port.role === "unknown"
            ? Effect.fail(new TransportError({ endpoint: port.name, operation: "open", reason: { _tag: "Busy" } }))
            : bus.open(device, port, options)
      }))
      assert.isAtMost(millis, 3200)
      assert.match(settings.untold.find(({ question }) => question === "the AT port")?.why ?? "", /within 3 s/)
    })
  )

  it.effect("leaves ports without a kernel driver alone", () =>
    Effect.gen(function* () {
      const { settings } = yield* readOn([Sim.em7455()], (bus) => ({
        ...bus,
        devices: Effect.map(bus.devices, (devices) =>
          devices.map((device) => ({
            ...device,
            ports: device.ports.map((port) => (port.role === "at" ? { ...port, driver: "usb" } : port))
          }))
        )
      }))
      assert.include(
        settings.untold.map(({ question }) => question),
        "the AT port"
      )
    })
  )
})

/** A session whose modem says `lines`, or nothing at all for `undefined`. */
const scripted = (lines: (command: string) => ReadonlyArray<string> | undefined) => {
  const asked: Array<string> = []
  const send: AtSession["send"] = (command, deadline = "3 seconds" as never) =>
    Effect.suspend(() => {
      asked.push(command)
      const said = lines(command)
      const silence = new AtError({ endpoint: "at", command, reason: { _tag: "NoAnswer", millis: 0 } })
      return said === undefined
        ? Effect.andThen(Effect.sleep(deadline), Effect.fail(silence))
        : Effect.succeed({ echo: true, lines: said, unsolicited: [], stale: [], final: { _tag: "Ok" } as const })
    })
  const session: AtSession = {
    endpoint: "at",
    send,
    ask: (command, deadline) => Effect.map(send(command, deadline), ({ lines: said }) => said),
    close: Effect.void
  }
  return { session, asked }
}

describe("readSettingsByAt", () => {
  it.effect("asks no more after two questions into silence", () =>
    Effect.gen(function* () {
      const { asked, session } = scripted((command) => (command === "ATI" ? [] : undefined))
      const { exit, millis } = yield* timed(readSettingsByAt(session, facts9x30))
      const { untold } = valueOf(exit)
      assert.deepStrictEqual(asked, ["ATI", "AT+CGDCONT?", "AT!SELRAT?"])
      assert.isAtMost(millis, 4200)
      assert.match(untold.find(({ question }) => question === "AT!BAND?")?.why ?? "", /does not answer any more/)
    })
  )

  it.effect("takes 10 s at most, however slowly each answer comes", () =>
    Effect.gen(function* () {
      const { asked, session } = scripted(() => ["!SELRAT: 00, Automatic"])
      const slow: AtSession = {
        ...session,
        send: (command, deadline) => Effect.delay(session.send(command, deadline), "1900 millis"),
        ask: (command, deadline) => Effect.delay(session.ask(command, deadline), "1900 millis")
      }
      const { exit, millis } = yield* timed(readSettingsByAt(slow, facts9x30))
      assert.isAtMost(millis, 12_000)
      assert.isAtMost(asked.length, 7)
      assert.match(valueOf(exit).untold.at(-1)?.why ?? "", /took too long/)
    })
  )

  it.effect("keeps no more than it may, and says nothing about what it does not keep", () =>
    Effect.gen(function* () {
      const apns = Array.from({ length: 900 }, (_, id) => `+CGDCONT: ${String(id + 1)},"IP","x"`)
      const rat = `!SELRAT: 00, ${"a".repeat(300)}`
      for (const [question, reply] of [
        ["AT+CGDCONT?", apns],
        ["AT!SELRAT?", [rat]]
      ] as const) {
        const { session } = scripted((command) => (command === question ? reply : []))
        const { exit } = yield* timed(readSettingsByAt(session, facts9x30))
        const settings = valueOf(exit)
        assert.isAtMost(settings.values.length, 200)
        assert.isFalse(keys(settings).some((key) => /^(rat|apn)/.test(key)))
        assert.isFalse(settings.answered.includes(question))
        assert.strictEqual(settings.untold.find((one) => one.question === question)?.why, "it tells more than is kept")
      }
    })
  )
})
