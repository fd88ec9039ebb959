/** Whatever the short way understands, the parser understands in the same way: words at random, both asked. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { vi } from "vitest"
import { plainWords } from "../../src/cli/plain-words.ts"
import { boothold } from "./support.ts"

const taken: Array<{ readonly command: string; readonly input: unknown }> = []

const command = (name: string) => ({
  [name]: (input: unknown) => Effect.sync(() => (taken.push({ command: name, input }), 0))
})
vi.mock("../../src/cli/commands/inspect.ts", () => command("inspect"))
vi.mock("../../src/cli/commands/list.ts", () => command("list"))
vi.mock("../../src/cli/commands/info.ts", () => command("info"))
vi.mock("../../src/cli/commands/download.ts", () => command("download"))
vi.mock("../../src/cli/commands/update.ts", () => command("update"))

const commands = ["inspect", "list", "info", "download", "update"]
const vocabulary = [
  ...["-d", "--vid-pid", "-s", "--busnum-devnum", "-w", "--cdc-wdm", "-t", "--tty", "--usb-path", "--serial"],
  ...["-f", "--firmware-version", "-c", "--config-version", "-C", "--carrier"],
  ...["--json", "--override-download", "--skip-validation", "--ignore-version-errors", "--ignore-mm-runtime-check"],
  ...[
    "--ignore-modem-manager",
    "--device-open-auto",
    "--device-open-qmi",
    "--device-open-mbim",
    "--device-open-proxy",
    "-p",
    "-py"
  ],
  ...["--transport", "usb", "--protocol", "qdl"],
  ...["--yes", "-y", "--modem-storage-index", "--simulate", "--help", "--", "-x", "-yt", "--tty=a", "--no-json"],
  ...["a.cwe", "b.nvu", "1199:9071", "1", "true", "yes", "no", "", " ", "-", "update", "--yes=true", "1-2"]
]

/** Always the same ones. */
const random = (seed: number) => {
  let state = seed
  return (below: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}

const byParser = Effect.fnUntraced(function* (args: ReadonlyArray<string>) {
  taken.length = 0
  const { code } = yield* boothold(args)
  return { code, taken: [...taken] }
})

describe("the short way through the words", () => {
  it.effect(
    "says what the parser says, or nothing",
    () =>
      Effect.gen(function* () {
        const next = random(42)
        let understood = 0
        while (understood < 300) {
          const args = [commands[next(commands.length)]!]
          for (let length = next(7); length > 0; length--) args.push(vocabulary[next(vocabulary.length)]!)
          const plain = plainWords(args)
          if (plain === undefined) continue
          understood++
          const parsed = yield* byParser(args)
          assert.deepStrictEqual(parsed, { code: 0, taken: [plain] }, JSON.stringify(args))
        }
      }),
    60_000
  )

  it.effect("says it for every option of everyday commands", () =>
    Effect.gen(function* () {
      const files = ["a.cwe", "b.nvu"]
      for (const args of [
        ["inspect", "--json", ...files],
        ["list", "--json"],
        ["info", "-d", "1199:9071", "--json"],
        ["download", "-t", "/dev/ttyUSB0", "-f", "02.33.03.00", "--skip-validation", "--yes", ...files],
        ["download", "--ignore-version-errors", "--ignore-mm-runtime-check", "--usb-path", "1-2", ...files],
        ["update", "-d", "1199", "-f", "1", "-c", "2", "-C", "GENERIC", "--override-download", "-y", ...files],
        ["update", "-s", "1:7", "--ignore-version-errors", "--ignore-modem-manager", ...files],
        ["update", ...files, "-w", "/dev/cdc-wdm0", "--serial", "A", "--tty", "x", "--json", "--skip-validation"]
      ]) {
        const plain = plainWords(args)
        assert.isDefined(plain, args.join(" "))
        assert.deepStrictEqual(yield* byParser(args), { code: 0, taken: [plain] }, args.join(" "))
      }
    })
  )

  it("leaves to the parser what needs it", () => {
    for (const words of [
      [],
      ["inspect"],
      ["inspect", "--help"],
      ["inspect", "a", "-x"],
      ["inspect", "a", "-y"],
      ["inspect", "--", "a"],
      ["--json", "inspect", "a"],
      ["plan", "a"],
      ["list", "a"],
      ["download"],
      ["download", "a", "-t"],
      ["download", "a", "-t", "-y"],
      ["download", "a", "-t", "x", "--tty", "y"],
      ["download", "a", "-y", "--yes"],
      ["download", "--yes", "true", "a"],
      ["download", "a", "-c", "1"],
      ["update", "a", "--modem-storage-index", "1"],
      ["update", "a", "--simulate", "em7455"],
      ["update", "a", "--device-open-mbim"],
      ["update", "a", "constructor", "--constructor"],
      ["constructor", "a"]
    ]) {
      assert.isUndefined(plainWords(words), words.join(" "))
    }
  })
})
