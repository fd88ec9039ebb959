/** Wrong words: one sentence, the right exit code, and where to read on. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as TestConsole from "effect/testing/TestConsole"
import { settle } from "../../src/cli/settle.ts"
import { parseFault } from "../../src/cli/faults.ts"
import { boothold, carrier, contains, system } from "./support.ts"

describe("wrong usage", () => {
  it.effect("is told in one sentence, with what may have been meant", () =>
    Effect.gen(function* () {
      const option = yield* boothold(["list", "--simulat", "em7455"])
      assert.strictEqual(option.code, 2)
      assert.strictEqual(
        option.err,
        "error: unknown option --simulat; did you mean --simulate?\nhelp:  `boothold list --help` lists its options."
      )
      assert.strictEqual(option.out, "")
      const command = yield* boothold(["updat"])
      assert.strictEqual(command.code, 2)
      contains(command.err, 'unknown command "updat"; did you mean update?')
    })
  )

  it.effect("names missing and impossible values", () =>
    Effect.gen(function* () {
      const missing = yield* boothold(["update", "--simulate", "em7455"])
      assert.strictEqual(missing.code, 2)
      contains(missing.err, "error: missing required argument: FILE")
      const slot = yield* boothold(["plan", "--simulate", "em7455", "--modem-storage-index", "two", system, carrier])
      assert.strictEqual(slot.code, 2)
      contains(slot.err, "--modem-storage-index")
      const speed = yield* boothold(["list", "--simulate", "em7455", "--simulate-speed", "0"])
      assert.strictEqual(speed.code, 2)
      contains(speed.err, "--simulate-speed takes a number above 0")
    })
  )

  it.effect("is JSON where JSON was asked for", () =>
    Effect.gen(function* () {
      const { code, err, out } = yield* boothold(["list", "--json", "--what"])
      assert.deepStrictEqual([code, err], [2, ""])
      const error = JSON.parse(out) as { readonly _tag: string; readonly code: string; readonly exitCode: number }
      assert.deepStrictEqual([error._tag, error.code, error.exitCode], ["Error", "CLI_USAGE", 2])
    })
  )

  it.effect("lists the models when the simulated one is unknown", () =>
    Effect.gen(function* () {
      const { code, err } = yield* boothold(["list", "--simulate", "em9191"])
      assert.strictEqual(code, 2)
      contains(err, '"em9191"', "mc7710, mc7354, mc7455, em7455")
      assert.strictEqual((yield* boothold(["list", "--simulate", "EM7455"])).code, 0)
    })
  )

  it.effect("without any words shows the help", () =>
    Effect.gen(function* () {
      const { code, err, out } = yield* boothold([])
      assert.deepStrictEqual([code, err], [2, ""])
      contains(out, "inspect", "download", "decode")
      const help = yield* boothold(["update", "--help"])
      assert.strictEqual(help.code, 0)
      contains(help.out, "--ignore-version-errors", "--override-download", "--skip-validation", "--vid-pid, -d")
    })
  )
})

describe("an error that no catalogue knows", () => {
  it.effect("is a bug of ours: it says so, with all there is to know, and exits 1", () =>
    Effect.gen(function* () {
      for (const command of [Effect.die(new Error("boom")), Effect.fail("no error of ours: boom")]) {
        assert.strictEqual(yield* settle(false)(command), 1)
      }
      const lines = (yield* TestConsole.errorLines).map(String)
      assert.lengthOf(lines, 2)
      for (const line of lines) contains(line, "this is a bug of boothold; please report it", "boom")
    })
  )
})

describe("completions", () => {
  it.effect("complete file names and options in three shells", () =>
    Effect.gen(function* () {
      for (const shell of ["bash", "zsh", "fish"]) {
        const { code, out } = yield* boothold(["--completions", shell])
        assert.strictEqual(code, 0)
        contains(out, "simulate-behaviour", "inspect")
      }
      contains((yield* boothold(["--completions", "zsh"])).out, "_files")
    })
  )
})

describe("--simulate-behaviour", () => {
  const parseBehaviour = parseFault("--simulate-behaviour")
  const tagOf = (text: string) => Result.getOrThrow(parseBehaviour(text))

  it("takes a bare name, a name with fields, and JSON", () => {
    assert.deepStrictEqual(tagOf("slotsFull"), { _tag: "slotsFull" })
    assert.deepStrictEqual(tagOf("silentHello:times=2"), { _tag: "silentHello", times: 2 })
    assert.deepStrictEqual(tagOf("latePort:role=download,delay=500"), {
      _tag: "latePort",
      role: "download",
      delay: 500
    })
    assert.deepStrictEqual(tagOf('{"_tag":"errorToHello","versions":[4,5]}'), {
      _tag: "errorToHello",
      versions: [4, 5]
    })
    assert.deepStrictEqual(tagOf("unsolicitedLine:text=+CREG: 1"), { _tag: "unsolicitedLine", text: "+CREG: 1" })
  })

  it("says which names there are, and which field is wrong", () => {
    const message = (text: string) => {
      const parsed = parseBehaviour(text)
      assert(Result.isFailure(parsed))
      return parsed.failure.message
    }
    contains(message("silentHallo"), "silentHello", "wrongSequence", '"silentHallo"')
    contains(message("silentHello"), "times")
    contains(message("{not json"), "one of")
  })
})
