/** update, download, reset, plan, info and list on simulated modems, as their users see them. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { exitCodes } from "../../src/cli/exit-codes.ts"
import { PlanReport } from "../../src/cli/render/json.ts"
import { refuse } from "../../src/cli/CommandError.ts"
import { images9200, images9x15, images9x30 } from "../support/simulated-update.ts"
import { boothold, carrier, contains, interruptAt, runLines, system } from "./support.ts"

const em7455 = ["--simulate", "em7455"]
const both = [system, carrier]
const update = ["update", ...em7455, "--yes"]

describe("boothold update", () => {
  it.effect("shows what it will do, then each step, then what the modem runs", () =>
    Effect.gen(function* () {
      const { code, err, out } = yield* boothold([...update, ...both])
      assert.deepStrictEqual({ code, err }, { code: 0, err: "" })
      contains(out, "02.24.05.06 → 02.33.03.00", "writes flash, changes the preference, reboots the modem")
      contains(out, "programming flash, do not unplug", `${system} sent in`, `${carrier} sent in`)
      assert.match(out, /✔ the modem runs 02\.33\.03\.00, GENERIC, 002\.072_000 {2}2\.5 MiB sent, [\d .a-z]+$/)
      // Plain lines: nothing that moves a cursor or colours.
      assert.notInclude(out, "\u001b")
      assert.isBelow(out.split("\n").length, 40)
    })
  )

  it.effect("says that the settings are unchanged, and names those that are not", () =>
    Effect.gen(function* () {
      const same = yield* boothold([...update, ...both])
      assert.match(same.out, /\n✔ settings unchanged \(\d+ compared\)\n/)
      assert.match(same.out, /\n {2}as expected: pri\.carrier\.2 was not set, is now \S+ \(AT!PRIID\?\)\n/)
      const { code, out } = yield* boothold([...update, "--simulate-behaviour", "settingsLost", ...both])
      assert.strictEqual(code, 0)
      assert.notInclude(out, "settings unchanged")
      contains(
        out,
        "warning: settings changed: 3 (",
        'apn.1 was IP "internet", is now IPV4V6 "" (AT+CGDCONT?)',
        "bands was 09, LTE ALL, is now 00, All bands (AT!BAND?)"
      )
      const json = yield* boothold([...update, "--json", "--simulate-behaviour", "settingsLost", ...both])
      const result = runLines(json.out).at(-1)
      assert(result?._tag === "Result")
      assert.includeMembers(result.settings?.differences.map(({ key }) => key) ?? [], ["apn.1", "bands"])
    })
  )

  it.effect("says what it could not compare, and nothing of settings where none were read", () =>
    Effect.gen(function* () {
      const deaf = yield* boothold([...update, "--simulate-behaviour", "hang:where=at", ...both])
      assert.strictEqual(deaf.code, 0)
      assert.match(deaf.out, /✔ settings unchanged \(\d+ compared\)\n/)
      assert.match(deaf.out, /not told: the AT port: ttyUSB2 \(at\): no answer within 1\.5 s\n/)
      const blind = yield* boothold([...update, "--skip-validation", ...both])
      assert.notInclude(blind.out, "settings unchanged")
    })
  )

  it.effect("takes the plain lines from the runs of every family", () =>
    Effect.gen(function* () {
      const runs = [
        ["mc7710", images9200, "03.05.29.03"],
        ["mc7354", images9x15, "05.05.78.00, GENEU-4G, 005.031_001"],
        ["mc7455", images9x30, "02.33.03.00, GENERIC, 002.072_000"]
      ] as const
      for (const [model, files, wanted] of runs) {
        const { code, out } = yield* boothold(["update", "--simulate", model, "-y", ...Object.keys(files)], { files })
        assert.strictEqual(code, 0)
        contains(out, `the modem runs ${wanted}`)
      }
    })
  )

  it.effect("prints a plan, events and a result as JSON lines of the promised form", () =>
    Effect.gen(function* () {
      const { code, out } = yield* boothold([...update, "--json", ...both])
      assert.strictEqual(code, 0)
      const lines = runLines(out)
      const tags = lines.map(({ _tag }) => _tag)
      assert.strictEqual(tags[0], "Plan")
      assert.strictEqual(tags[1], "RunStarted")
      assert.deepStrictEqual(tags.slice(-2), ["RunFinished", "Result"])
      assert.strictEqual(tags.filter((tag) => tag === "ImageFinished").length, 2)
      const result = lines.at(-1)
      assert(result?._tag === "Result")
      assert.strictEqual(result.outcome, "updated")
      assert.strictEqual(result.before?.firmware, "02.24.05.06")
      assert.strictEqual(result.after?.firmware, "02.33.03.00")
    })
  )

  it.effect("lets the simulated modem be faster, and by default as slow as a real one", () =>
    Effect.gen(function* () {
      const millis = (words: ReadonlyArray<string>) =>
        Effect.map(boothold([...update, "--json", ...words, ...both]), ({ out }) => {
          const result = runLines(out).at(-1)
          assert(result?._tag === "Result")
          return result.millis
        })
      const real = yield* millis([])
      assert.isAbove(real, 60_000)
      const ratio = real / (yield* millis(["--simulate-speed", "4"]))
      assert.isTrue(ratio > 3.5 && ratio < 4.5, `four times faster, found ${String(ratio)}`)
    })
  )

  it.effect("asks before it writes, and takes no for an answer", () =>
    Effect.gen(function* () {
      const questions: Array<string> = []
      const confirm = (answer: boolean) => (question: string) =>
        Effect.sync(() => {
          questions.push(question)
          return answer
        })
      const no = yield* boothold(["update", ...em7455, ...both], { screen: { confirm: confirm(false) } })
      assert.strictEqual(no.code, 9)
      contains(no.err, "error: cancelled", "Nothing was sent")
      assert.notInclude(no.out, "✔")
      const yes = yield* boothold(["update", ...em7455, ...both], { screen: { confirm: confirm(true) } })
      assert.strictEqual(yes.code, 0)
      assert.deepStrictEqual(questions, ["Update this modem?", "Update this modem?"])
    })
  )

  it.effect("tells a Ctrl+C at the question from an answer", () =>
    Effect.gen(function* () {
      const confirm = () => Effect.fail(refuse({ _tag: "Cancelled" }))
      const { code } = yield* boothold(["update", ...em7455, ...both], { screen: { confirm } })
      assert.strictEqual(code, 9)
    })
  )

  it.effect("does nothing where nobody can be asked, and says how to go on", () =>
    Effect.gen(function* () {
      const { code, err, out } = yield* boothold(["update", ...em7455, ...both])
      assert.strictEqual(code, 2)
      contains(err, "there is no terminal to ask for confirmation", "--yes")
      assert.notInclude(out, "✔")
      const json = yield* boothold(["update", ...em7455, "--json", ...both], {
        screen: { confirm: () => Effect.succeed(true) }
      })
      assert.strictEqual(json.code, 2)
      assert.deepStrictEqual(
        runLines(json.out).map(({ _tag }) => _tag),
        ["Plan", "Error"]
      )
    })
  )

  it.effect("asks nothing and sends nothing where the modem runs it already", () =>
    Effect.gen(function* () {
      const files = { "SWI9X30C_02.24.05.06_GENERIC_002.026_000.nvu": yield* oldCarrier }
      const { code, out } = yield* boothold(["update", ...em7455, ...Object.keys(files)], { files })
      assert.strictEqual(code, 0)
      contains(out, "the modem runs all of this already", "nothing to do")
    })
  )

  it.effect("sends an image again that was refused once, and says so", () =>
    Effect.gen(function* () {
      const once = ["--simulate-behaviour", "nakWrite:image=0,chunk=1,status=1,times=1"]
      const { code, out } = yield* boothold([...update, ...once, ...both])
      assert.strictEqual(code, 0)
      contains(
        out,
        `warning: ${system}: sim:1-2/download: QDL write of chunk 1: status 0x01 (CRC failed); ` +
          "again from the beginning in 1.0 s, try 2 of 3"
      )
      const json = yield* boothold([...update, "--json", ...once, ...both])
      const retried = runLines(json.out).find(({ _tag }) => _tag === "TransferRetried")
      assert.deepInclude(retried, { step: "write", image: system, attempt: 2, of: 3, afterMillis: 1000 })
    })
  )

  it.effect("ends a failed run with the modem's state and the command that goes on, word for word", () =>
    Effect.gen(function* () {
      const { code, err } = yield* boothold([
        ...update,
        ...["--simulate-speed", "2", "--skip-validation", "--usb-path", "1-2", "--no-rollback-on-failure"],
        ...["--simulate-behaviour", "nakWrite:image=0,chunk=1,status=1"],
        ...both
      ])
      assert.strictEqual(code, 7)
      contains(err, "error: write: sim:1-2/download: QDL write of chunk 1: status 0x01 (CRC failed)")
      contains(err, `state: The modem is in boot-and-hold with ${system} half written (1048576 of 2621040 bytes)`)
      const next =
        "next:  boothold recover --usb-path 1-2 --simulate em7455 --simulate-speed 2 " +
        `--simulate-mode boot-and-hold --yes --images ${system} --images ${carrier}`
      assert.strictEqual(err.split("\n").at(-1), next)
      // It is the command that works.
      const words = next.replace("next:  boothold ", "").split(" ")
      assert.strictEqual((yield* boothold(words)).code, 0)
    })
  )

  it.effect("ends a failed run with a JSON error that holds the same", () =>
    Effect.gen(function* () {
      const behaviour = JSON.stringify({ _tag: "disconnectInChunk", image: 0, chunk: 1 })
      const { code, err, out } = yield* boothold([
        ...[...update, "--json", "--no-rollback-on-failure", "--simulate-behaviour", behaviour],
        ...both
      ])
      const exit = exitCodes.connection.exit
      assert.deepStrictEqual({ code, err }, { code: exit, err: "" })
      const error = runLines(out).at(-1)
      assert(error?._tag === "Error")
      assert.strictEqual(error.code, "TRANSPORT_UNPLUGGED")
      assert.strictEqual(error.exitCode, exit)
      assert.strictEqual(error.step, "write")
      assert(error.condition?._tag === "LeftBus")
      assert.strictEqual(error.condition.half?.image, system)
      contains(error.next ?? "", "boothold recover", "--json", `--images ${system}`)
    })
  )

  it.effect("is taken back, and says so with an exit code of its own", () =>
    Effect.gen(function* () {
      const { code, err, out } = yield* boothold([...update, "--simulate-behaviour", "oldFirmwareComesBack", ...both])
      assert.strictEqual(code, 22)
      contains(err, "error: verify: not validated: firmware is 02.24.05.06, wanted 02.33.03.00")
      contains(err, "state: The modem runs its old firmware 02.24.05.06 again, and its old preference")
      contains(err, `next:  boothold update --simulate em7455 --yes ${system} ${carrier}`)
      contains(out, "the run has failed: put the old preference back", "✔ taken back")
    })
  )

  it.effect("is told apart by its exit code: refused, not validated, wrong model, several things missing", () =>
    Effect.gen(function* () {
      const behave = (text: string) => [...update, "--simulate-behaviour", text, ...both]
      const notValidated = yield* boothold([...behave("oldFirmwareComesBack"), "--no-rollback-on-failure"])
      assert.strictEqual(notValidated.code, 8)
      contains(notValidated.err, "state: The modem runs, but its firmware is 02.24.05.06, wanted 02.33.03.00")
      assert.strictEqual((yield* boothold(behave("preferenceQueryUnanswered"))).code, 14)
      assert.strictEqual((yield* boothold(["update", "--simulate", "mc7354", "-y", ...both])).code, 11)
      assert.strictEqual((yield* boothold([...update, system, "-c", "002.072_000", "-C", "VERIZON"])).code, 12)
      assert.strictEqual((yield* boothold([...update, system, "-f", "02.33.03.01", carrier])).code, 5)
      assert.strictEqual((yield* boothold([...update, system, "missing.nvu"])).code, 18)
      assert.strictEqual((yield* boothold([...update, "--simulate-mode", "boot-and-hold", ...both])).code, 13)
      assert.strictEqual((yield* boothold([...update, "--serial", "nobody", ...both])).code, 3)
      assert.strictEqual((yield* boothold([...update, "--modem-storage-index", "9", ...both])).code, 2)
    })
  )

  it.effect("names the modem's state and the next command when it is interrupted", () =>
    Effect.gen(function* () {
      const { err } = yield* interruptAt([...update, ...both], "programming flash")
      const lines = err.split("\n")
      assert.strictEqual(lines[0], "interrupted")
      contains(lines[1] ?? "", "state: The modem is in boot-and-hold with", "half written")
      contains(lines[2] ?? "", "next:  boothold recover --simulate em7455 --simulate-mode boot-and-hold --yes")
    })
  )

  it.effect("advises the same command again where nothing was changed", () =>
    Effect.gen(function* () {
      for (const [command, ...words] of [
        ["reset", ...em7455, "-y"],
        [...update, ...both]
      ]) {
        const { err } = yield* interruptAt([command ?? "", ...words], "✔ open the modem's control port")
        contains(err, "state: The modem was not changed.", `next:  boothold ${String(command)} --simulate em7455 --yes`)
      }
    })
  )

  it.effect("tells the interruption as the last JSON line", () =>
    Effect.gen(function* () {
      const { err, out } = yield* interruptAt([...update, "--json", ...both], "Programming")
      assert.strictEqual(err, "")
      assert.strictEqual(runLines(out).at(-1)?._tag, "RunInterrupted")
    })
  )
})

const oldCarrier = Effect.promise(async () => {
  const { buildCarrierImage } = await import("../../src/image/builder.ts")
  return buildCarrierImage({
    familyToken: "SWI9X30C",
    firmware: "02.24.05.06",
    carrier: "GENERIC",
    config: "002.026_000"
  })
})

describe("boothold download and reset", () => {
  it.effect("send images to a modem that waits, and send a modem to wait", () =>
    Effect.gen(function* () {
      const held = [...em7455, "--simulate-mode", "boot-and-hold", "-y"]
      const download = yield* boothold(["download", ...held, ...both])
      assert.strictEqual(download.code, 0)
      contains(download.out, "warning: the modem cannot be asked in boot-and-hold", "the modem runs 02.33.03.00")
      const reset = yield* boothold(["reset", ...em7455, "-y"])
      assert.strictEqual(reset.code, 0)
      contains(reset.out, "the modem waits in boot-and-hold")
    })
  )

  it.effect("refuse a modem in the other mode", () =>
    Effect.gen(function* () {
      const download = yield* boothold(["download", ...em7455, "-y", ...both])
      assert.strictEqual(download.code, 13)
      contains(download.err, "is not in boot-and-hold", "boothold reset")
      assert.strictEqual((yield* boothold(["reset", ...em7455, "-y", "--simulate-mode", "boot-and-hold"])).code, 13)
    })
  )
})

describe("boothold plan", () => {
  it.effect("numbers the steps, the inner ones too, with risk and patience", () =>
    Effect.gen(function* () {
      const { code, out } = yield* boothold(["plan", ...em7455, ...both])
      assert.strictEqual(code, 0)
      contains(out, "02.24.05.06 → 02.33.03.00", "GENERIC (unchanged)", "002.026_000 → 002.072_000")
      contains(out, `✔ ${system}: all CRCs right, made for SWI9X30`)
      assert.match(out, /^ {2}4 +snapshot-settings: read the modem's settings.* reads, at most 30 s$/m)
      assert.match(out, /^ {2}5 +set-preference: tell the modem .* changes the preference, at most 1 min$/m)
      assert.match(out, /^ {2}7 +download: send the images .* if the modem asks, writes flash, at most 12 h 26 min$/m)
      assert.match(out, /^ {6}7\.4\.1 +image: send the image; .* up to 3 times, writes flash, at most 12 h 19 min$/m)
      assert.match(out, /^ {8}7\.4\.1\.3 +write: send the image in chunks .* writes flash, at most 4 h$/m)
    })
  )

  it.effect("is JSON of the promised form, with the same steps", () =>
    Effect.gen(function* () {
      const { out } = yield* boothold(["plan", ...em7455, "--json", ...both])
      const plan = Schema.decodeUnknownSync(PlanReport, { onExcessProperty: "error" })(JSON.parse(out) as unknown)
      assert.strictEqual(plan.action, "update")
      assert.deepStrictEqual(plan.from, { firmware: "02.24.05.06", config: "002.026_000", carrier: "GENERIC" })
      assert.deepStrictEqual(plan.to, { firmware: "02.33.03.00", config: "002.072_000", carrier: "GENERIC" })
      assert.deepStrictEqual(
        plan.images.map(({ name, role }) => [name, role]),
        [
          [system, "system"],
          [carrier, "carrier"]
        ]
      )
      const transfer = plan.steps.flatMap(({ inside }) => inside).find(({ repeats }) => repeats === "each")
      assert.deepStrictEqual(
        transfer?.inside.map(({ name, repeats, times }) => [name, repeats, times]),
        [["image", "retry", 3]]
      )
      assert.deepStrictEqual(
        transfer?.inside[0]?.inside.map(({ name, repeats, times }) => [name, repeats, times]),
        ["hello", "open", "write", "close"].map((name) => [name, "once", undefined])
      )
    })
  )
})

describe("boothold info and list", () => {
  it.effect("show what the modem says, and where it is", () =>
    Effect.gen(function* () {
      const info = yield* boothold(["info", ...em7455])
      assert.strictEqual(info.code, 0)
      contains(
        info.out,
        "SWI9X30C_02.24.05.06 r7040",
        "02.24.05.06, GENERIC 002.026_000",
        "slot 1: modem 02.24.05.06_?"
      )
      const list = yield* boothold(["list", ...em7455])
      assert.strictEqual(list.code, 0)
      contains(list.out, "1199:9071 at 1-2", "cdc-wdm0 (control, qmi_wwan)", "02.24.05.06, GENERIC 002.026_000")
      const json = JSON.parse((yield* boothold(["list", ...em7455, "--json"])).out) as ReadonlyArray<{
        usbPath: string
      }>
      assert.deepStrictEqual(
        json.map(({ usbPath }) => usbPath),
        ["1-2"]
      )
    })
  )

  it.effect("list answers that there is none; info fails", () =>
    Effect.gen(function* () {
      const nobody = ["--usb-path", "9-9"]
      const list = yield* boothold(["list", ...em7455, ...nobody])
      assert.deepStrictEqual([list.code, list.out], [0, "no modem found"])
      assert.strictEqual((yield* boothold(["list", ...em7455, "--json", ...nobody])).out, "[]")
      assert.strictEqual((yield* boothold(["info", ...em7455, ...nobody])).code, 3)
    })
  )
})
