/**
 * docs/recovery.md, line by line: each block of commands on a simulated modem that is in the very state, which has to come home;
 * each row of its tables on a picture of /sys with these ids. What no run covers fails.
 */
import { spawnSync } from "node:child_process"
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as TestClock from "effect/testing/TestClock"
import * as TestConsole from "effect/testing/TestConsole"
import { exitCodes } from "../../src/cli/exit-codes.ts"
import { run } from "../../src/cli/run.ts"
import { Surroundings } from "../../src/cli/Surroundings.ts"
import { knownFamilies } from "../../src/device/families/families.ts"
import { deviceRows, refusedRows } from "../../src/device/table/table.ts"
import { UsbBus } from "../../src/device/UsbBus.ts"
import { ImageFiles, inMemory } from "../../src/file/ImageSource.ts"
import { buildCarrierImage, buildCombinedImage, buildSystemImage } from "../../src/image/builder.ts"
import { Roots } from "../../src/live/Roots.ts"
import * as Sim from "../../src/sim/index.ts"
import { boothold } from "../cli/support.ts"
import { makeComputer } from "../faults/command.ts"
import { assertHome, inTransfer, journals, killedUpdate, onBus } from "../recovery/support.ts"
import { fakeSystem, held, mc7455 } from "../support/fake-sysfs.ts"
import { withLostFirmware } from "../support/lost-firmware.ts"
import type { Files } from "../support/simulated-update.ts"
import { pass } from "../support/virtual-time.ts"
import { blocks, hasLine, idsIn, page, spoken, tableOf, wordsOf } from "./recovery-page.ts"

/** The names of the page, and two and a half chunks of image: there is a middle in which an update can be cut off. */
const size = 2_621_440
const files9x30: Files = {
  "SWI9X30C_02.33.03.00.cwe": buildSystemImage({ familyToken: "SWI9X30C", firmware: "02.33.03.00", size }),
  "SWI9X30C_02.33.03.00_GENERIC_002.072_001.nvu": buildCarrierImage({
    familyToken: "SWI9X30C",
    firmware: "02.33.03.00",
    carrier: "GENERIC",
    config: "002.072_001"
  })
}
const files9200: Files = {
  "MC7700_03.05.29.03_00_generic_000.000_001.cwe": buildCombinedImage({
    familyToken: "9200",
    firmware: "03.05.29.03",
    carrier: "generic",
    config: "000.000_001",
    size
  })
}
const all: Files = { ...files9x30, ...files9200 }

type Computer = ReturnType<typeof makeComputer>

/** A state that the page names: the modem, what has happened to it, and what it runs when the page is through. */
interface Story {
  readonly setup: Sim.ModemSetup
  readonly files?: Files
  readonly before?: (computer: Computer) => Effect.Effect<unknown, unknown, UsbBus | Sim.SimControl>
  /** `held`: the page promises no more. */
  readonly ends: { readonly runs: string } | "held"
}

const old = { runs: "02.24.05.06" }
const wanted = { runs: "02.33.03.00" }
const wanted9200 = { runs: "03.05.29.03" }

const preference = { firmware: "02.33.03.00", config: "002.072_001", carrier: "GENERIC" }
const lowPower = Sim.em7455({ preference })
const inBootAndHold = Sim.em7455({ mode: "boot-and-hold" })
const broken = inBootAndHold.state.slots.map((slot) => ({ ...slot, status: "BAD" as const }))
const offline = Sim.em7455({ state: { ...Sim.em7455().state, operatingMode: 3 } })

const killed =
  (files: Files, cut = inTransfer) =>
  ({ contents }: Computer) =>
    killedUpdate(files, contents, cut)

/** As Ctrl+C does: the update is interrupted, tells the modem's state, and lets go of it. */
const interrupted = ({ command, contents }: Computer) =>
  Effect.gen(function* () {
    const console = yield* TestConsole.make
    const bus = yield* UsbBus
    const update = run(["update", "--yes", ...Object.keys(files9x30)], "1.2.3").pipe(
      Effect.provideService(Console.Console, console),
      Effect.provideService(ImageFiles, inMemory(files9x30)),
      Effect.provideService(Surroundings, { bus: Layer.succeed(UsbBus, bus), state: journals(contents, 99) })
    )
    const fiber = yield* Effect.forkChild(update)
    const printed = Effect.map(console.logLines, (lines) => lines.map(String).join("\n"))
    for (let second = 0; second < 600 && !(yield* printed).includes(" %, "); second++)
      yield* pass("1 second", "200 millis")
    const ending = yield* Effect.forkChild(Fiber.interrupt(fiber))
    yield* pass("1 minute", "1 second")
    yield* Fiber.join(ending)
    assert.match((yield* command(["history"])).lines.join("\n"), /update {2}interrupted .*\n .* half written/)
  })

const stories: { readonly [state: string]: Story } = {
  held: { setup: inBootAndHold, ends: old },
  "broken-held": { setup: Sim.em7455({ state: { ...inBootAndHold.state, slots: broken } }), ends: wanted },
  "half-written": { setup: Sim.em7455(), before: killed(files9x30), ends: wanted },
  "half-written-without-files": { setup: Sim.em7455(), files: {}, before: killed(files9x30), ends: old },
  "low-power": { setup: lowPower, ends: old },
  "preference-pending": {
    setup: Sim.em7455(),
    files: {},
    before: killed(files9x30, ({ event }) => event?._tag === "StepStarted" && event.step === "restart"),
    ends: old
  },
  offline: { setup: offline, ends: old },
  "slot-255": { setup: withLostFirmware(Sim.em7455()), ends: wanted },
  silent: {
    setup: Sim.em7455({
      behaviours: (["control", "at"] as const).map((where) => Sim.behaviour("hang", { where }))
    }),
    ends: old
  },
  "no-control-port": {
    setup: Sim.em7455({ preference, behaviours: [Sim.behaviour("hang", { where: "control" })] }),
    ends: old
  },
  "wrong-mode": { setup: inBootAndHold, ends: wanted },
  "one-slot": { setup: Sim.mc7710(), files: {}, before: killed(files9200), ends: wanted9200 },
  "nothing-stored": { setup: Sim.em7455({ state: { ...lowPower.state, pris: [] } }), ends: wanted },
  "nothing-helps": {
    setup: Sim.em7455({ mode: "boot-and-hold", behaviours: [Sim.behaviour("staysInBootAndHold", {})] }),
    ends: "held"
  },
  "update-taken-back": {
    setup: Sim.em7455({ behaviours: [Sim.behaviour("nakWrite", { image: 0, chunk: 1, status: 2, times: 3 })] }),
    ends: wanted
  },
  "update-stuck": {
    setup: Sim.mc7710({ behaviours: [Sim.behaviour("nakWrite", { image: 0, chunk: 1, status: 2, times: 3 })] }),
    ends: wanted9200
  },
  interrupted: { setup: Sim.em7455(), before: interrupted, ends: wanted }
}

/** States that are no modem's alone: a test of its own below. */
const elsewhere = ["held-by-another"]

/** Commands that were run, as the page has them. */
const ran = new Set<string>()

/** The first word of a line of `history` that was printed, as the page says. */
const idIn = (printed: ReadonlyArray<string>): string | undefined =>
  printed
    .flatMap((lines) => lines.split("\n"))
    .find((line) => /^\d{8}-\d{6}-/.test(line))
    ?.split(" ")[0]

/** What somebody does between two commands. */
const fetchThem = "fetch them"
const offAndOn = "switch the modem off and on, and wait 2 min"

describe("the commands of docs/recovery.md, each in its state", () => {
  const named = blocks.filter(({ state }) => state !== undefined && !elsewhere.includes(state))

  it("every state of the page is made here, and no other", () => {
    assert.deepStrictEqual(named.map(({ state }) => state).toSorted(), Object.keys(stories).toSorted())
  })

  for (const { state = "", steps } of named) {
    const story = stories[state]
    if (story === undefined) continue
    it.effect(state, () =>
      Effect.gen(function* () {
        const files: Record<string, Uint8Array> = { ...(story.files ?? all) }
        const computer = makeComputer(files)
        yield* story.before?.(computer) ?? Effect.void
        let id = ""
        const go = Effect.fnUntraced(function* (
          from: number
        ): Effect.fn.Return<void, unknown, UsbBus | Sim.SimControl> {
          const modem = (yield* Sim.SimControl).modems[0]!
          const step = steps[from]
          if (step === undefined) {
            const left = yield* modem.state
            if (story.ends === "held") assert.strictEqual(left.mode, "boot-and-hold")
            else assertHome(left, story.ends.runs)
          } else if (step._tag === "Command") {
            const words = wordsOf(step.line).map((word) => (word === "ID" ? id : word))
            const { code, lines } = yield* computer.command(words)
            assert.strictEqual(code, step.exit, `${step.line}\n${lines.join("\n")}`)
            for (const promised of step.prints) {
              assert.isTrue(hasLine(lines, promised), `${promised}\nnot in\n${lines.join("\n")}`)
            }
            id = idIn(lines) ?? id
            ran.add(step.line)
            yield* go(from + 1)
          } else if (step.what === fetchThem) {
            Object.assign(files, all)
            yield* go(from + 1)
          } else {
            assert.strictEqual(step.what, offAndOn)
            // What hung is gone with its power: in the simulator it would hang again.
            const state: Sim.ModemState = { ...(yield* modem.state), mode: "off" }
            yield* Effect.gen(function* () {
              yield* (yield* Sim.SimControl).modems[0]!.plug()
              yield* TestClock.adjust("2 minutes")
              yield* go(from + 1)
            }).pipe(onBus({ ...story.setup, behaviours: [], state }))
          }
        })
        yield* go(0)
      }).pipe(onBus(story.setup))
    )
  }

  it.effect("held-by-another", () =>
    Effect.gen(function* () {
      const system = yield* fakeSystem
      system.plug(mc7455("1-2"))
      system.process(77, "qmicli", [join(system.roots.dev, "cdc-wdm0")])
      const steps = blocks.find(({ state }) => state === "held-by-another")?.steps ?? []
      assert.strictEqual(steps.length, 1)
      for (const step of steps) {
        assert(step._tag === "Command")
        const { code, err, out } = yield* on(system.roots, step.line)
        assert.strictEqual(code, step.exit)
        assert.isAbove(step.prints.length, 0)
        for (const promised of step.prints) assert.isTrue(hasLine([out, err], promised), promised + err)
        ran.add(step.line)
      }
    })
  )
})

/** A command on this picture of a computer; what it would write down goes there too. */
const on = (roots: Roots, line: string) => {
  const words = wordsOf(line)
  const state = words[0] === "recover" ? ["--state-dir", join(roots.dev, "state")] : []
  return Effect.provide(boothold([...words, ...state]), Layer.succeed(Roots, roots))
}

const idPair = (ids: string): readonly [string, string] => [ids.slice(0, 4), ids.slice(5)]

describe("what `lsusb` shows, by docs/recovery.md", () => {
  const rows = tableOf("`lsusb` shows")
  const families = new Set(knownFamilies.map(({ id }) => id))
  const known = (pick: (row: (typeof deviceRows)[number]) => ReadonlyArray<string>, ours = true) =>
    new Set(
      deviceRows
        .filter(({ family }) => families.has(family) === ours)
        .flatMap((row) => pick(row).map((product) => `${row.vendor}:${product}`))
    )
  const waiting = known(({ boot }) => boot)
  const running = known(({ application }) => [application])
  const idsOfRow = (index: number): ReadonlyArray<string> => idsIn(rows[index]?.[0] ?? "")
  const [held1 = [], app1 = [], both = [], others = [], edl = [], gobi = [], unknown = []] = rows.map((_, index) =>
    idsOfRow(index)
  )

  const found = (ids: string, mode: "application" | "boot-and-hold") =>
    Effect.gen(function* () {
      const system = yield* fakeSystem
      system.plug(mode === "application" ? mc7455("1-2", 0, { ids: idPair(ids) }) : held("1-2", "ttyUSB0", idPair(ids)))
      const list = yield* on(system.roots, "list")
      assert.strictEqual(list.code, 0)
      ran.add("list")
      const recover = yield* on(system.roots, "recover")
      ran.add("recover")
      const named = yield* on(system.roots, "recover --usb-path 1-2")
      ran.add("recover --usb-path 1-2")
      return { list: list.out, named, recover }
    })

  it("has the rows that are tested here", () => {
    assert.deepStrictEqual(
      rows.map((row) => row[1]),
      [
        "`boot-and-hold`",
        "`application`",
        "one of the two",
        "`boot-and-hold`",
        "`not updated by boothold`",
        "`not updated by boothold`",
        "`its ids are not known`",
        "`no modem found`",
        "`+` and `-` by turns",
        "`no modem found`"
      ]
    )
  })

  it("names every boot id of the families that boothold updates, and no other as such", () => {
    const same = [...waiting].filter((ids) => running.has(ids))
    assert.deepStrictEqual([...both].toSorted(), same.toSorted())
    assert.deepStrictEqual([...held1].toSorted(), [...waiting].filter((ids) => !running.has(ids)).toSorted())
    for (const ids of app1) assert.isTrue(running.has(ids) && !waiting.has(ids), ids)
    const beyond = known(({ boot }) => boot, false)
    for (const ids of others) assert.isTrue(beyond.has(ids) && !waiting.has(ids), ids)
    const refused = new Set(refusedRows.flatMap(({ products, vendor }) => products.map((one) => `${vendor}:${one}`)))
    for (const ids of [...edl, ...gobi]) assert.isTrue(refused.has(ids), ids)
  })

  for (const [index, group] of [held1, app1, both, others, edl, gobi, unknown].entries()) {
    for (const ids of group) {
      const modes =
        index === 1
          ? (["application"] as const)
          : index === 2
            ? (["application", "boot-and-hold"] as const)
            : (["boot-and-hold"] as const)
      for (const mode of modes) {
        it.effect(`${ids} with the ports of ${mode}`, () =>
          Effect.gen(function* () {
            const { list, named, recover } = yield* found(ids, mode)
            const says = index === 2 ? mode : (rows[index]?.[1] ?? "").replaceAll("`", "")
            assert.include(list, ids)
            assert.include(list, says)
            if (index < 3) assert.notInclude(list, "not updated")
            if (index === 0) {
              // It asks, and nobody is there: what it would do is said, and nothing is done.
              assert.strictEqual(recover.code, 2)
              assert.include(recover.out, "reset it out of boot-and-hold, without writing anything")
            }
            if (index === 3) {
              assert.strictEqual(recover.code, 23)
              assert.include(recover.err, "its family is not known to boothold, which leaves it alone")
              assert.match(recover.err, /^next: {2}boothold list --usb-path 1-2$/m)
            }
            // Nothing takes them by itself; by name some are none that it can be, others may be.
            if (index > 3) assert.strictEqual(recover.code, 3)
            if (index === 4 || index === 5) assert.strictEqual(named.code, 11)
            if (index === 6) assert.include(named.err, "which leaves it alone")
          })
        )
      }
    }
  }

  it.effect("nothing of a modem", () =>
    Effect.gen(function* () {
      const { roots } = yield* fakeSystem
      assert.include((yield* on(roots, "list")).out, "no modem found")
    })
  )

  it.effect("one that comes and goes is told by `boothold list --watch`", () =>
    Effect.gen(function* () {
      const bus = yield* UsbBus
      const modem = (yield* Sim.SimControl).modems[0]!
      const console = yield* TestConsole.make
      const line = "list --watch"
      assert.include(rows[8]?.[3], `\`boothold ${line}\``)
      const fiber = yield* Effect.forkChild(
        run(wordsOf(line), "1.2.3").pipe(
          Effect.provideService(Console.Console, console),
          Effect.provideService(Surroundings, { bus: Layer.succeed(UsbBus, bus), state: journals(new Map(), 1) })
        )
      )
      yield* pass("5 seconds", "1 second")
      yield* modem.unplug
      yield* pass("5 seconds", "1 second")
      yield* modem.plug()
      yield* pass("2 minutes", "1 second")
      yield* Fiber.interrupt(fiber)
      const marks = (yield* console.logLines).map((text) => String(text).trim()[0])
      assert.include(marks, "-")
      assert.include(marks, "+")
      ran.add(line)
    }).pipe(onBus(Sim.em7455()))
  )
})

describe("the service of docs/recovery.md", () => {
  const unit = /```ini\n([\s\S]*?)```/.exec(page)?.[1] ?? ""

  it.effect("runs what brings a modem home", () =>
    Effect.gen(function* () {
      const line = /^ExecStart=\/usr\/bin\/env boothold (.*)$/m.exec(unit)?.[1]
      assert.isDefined(line)
      const bus = yield* UsbBus
      const console = yield* TestConsole.make
      const fiber = yield* Effect.forkChild(
        run(wordsOf(line), "1.2.3").pipe(
          Effect.provideService(Console.Console, console),
          Effect.provideService(ImageFiles, inMemory({})),
          Effect.provideService(Surroundings, { bus: Layer.succeed(UsbBus, bus), state: journals(new Map(), 1) })
        )
      )
      yield* pass("10 minutes", "2 seconds")
      assertHome(yield* (yield* Sim.SimControl).modems[0]!.state, old.runs)
      yield* Fiber.interrupt(fiber)
      ran.add(line)
    }).pipe(onBus(inBootAndHold))
  )

  it.skipIf(!existsSync("/usr/bin/systemd-analyze"))("is accepted by systemd", () => {
    const folder = mkdtempSync(join(tmpdir(), "boothold-unit-"))
    try {
      const file = join(folder, "boothold-recover.service")
      writeFileSync(file, unit)
      const { status, stderr, stdout } = spawnSync("/usr/bin/systemd-analyze", ["verify", file], { encoding: "utf8" })
      // It may complain of other units of this computer.
      const told = `${stdout}${stderr}`.split("\n").filter((line) => line.includes("boothold-recover"))
      assert.deepStrictEqual([status, told], [0, []])
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
})

describe("the lines of docs/recovery.md", () => {
  it("every exit code that it names is one, and the table has those that a failed run ends with", () => {
    const codes = new Set<number>(Object.values(exitCodes).map(({ exit }) => exit))
    for (const [, code] of page.matchAll(/[Ee]xit (\d+)\b/g)) assert.isTrue(codes.has(Number(code)), code)
    assert.deepStrictEqual(
      tableOf("exit").map(([code]) => Number(code)),
      [exitCodes.transferFailed, exitCodes.rolledBack, exitCodes.notHome, exitCodes.interrupted].map(({ exit }) => exit)
    )
  })

  it("no command is left that was not run", () => {
    // Blocks without a state are run by commands.test.ts.
    const own = blocks.filter(({ state }) => state === undefined).flatMap(({ steps }) => steps)
    const inBlocks = blocks.flatMap(({ steps }) => steps)
    const commands = [...inBlocks.flatMap((step) => (step._tag === "Command" ? [step.line] : [])), ...spoken]
    const covered = new Set([...ran, ...own.flatMap((step) => (step._tag === "Command" ? [step.line] : []))])
    for (const step of own) assert(step._tag === "Command" && step.line.includes("--simulate "))
    assert.isAbove(commands.length, 30)
    assert.deepStrictEqual(
      commands.filter((line) => !covered.has(line)),
      []
    )
  })
})
