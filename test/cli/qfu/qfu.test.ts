/** Command lines of qmi-firmware-update on simulated modems: what they do, and with which exit code. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Interruption } from "../../../src/cli/Interruption.ts"
import { carrier, contains, system } from "../support.ts"
import { images9200, images9x15, images9x30 } from "../../support/simulated-update.ts"
import { runQfu, simulated } from "./support.ts"

const on = (model: string, ...more: ReadonlyArray<string>) => ["--simulate", model, ...more]
const waiting = ["--simulate-mode", "boot-and-hold"]
const both = [system, carrier]

/** DMS 0x0048, the preference, as the log has it. */
const setsPreference = /to \S+\/control: 01 .. 00 00 02 .. 00 .. 00 48 00/

describe("boothold qfu", () => {
  it.effect("updates modems of every family, by any selector, and asks nothing", () =>
    Effect.gen(function* () {
      for (const [model, words, files, runs] of [
        ["em7455", ["-vud", "1199:9071"], images9x30, "02.33.03.00, GENERIC, 002.072_000"],
        ["mc7354", ["--update", "--vid-pid=1199:68c0"], images9x15, "05.05.78.00, GENEU-4G, 005.031_001"],
        ["mc7710", ["-u", "-w", "/dev/cdc-wdm0", "--device-open-qmi"], images9200, "03.05.29.03"]
      ] as const) {
        const { code, err, out } = yield* simulated([...on(model), ...words, ...Object.keys(files)], files)
        assert.deepStrictEqual([code, err], [0, ""], model)
        contains(out, `the modem runs ${runs}`)
      }
    })
  )

  it.effect("updates in MBIM, and says that a proxy means nothing here", () =>
    Effect.gen(function* () {
      const words = [...on("em7455", "--simulate-composition", "8"), "-p", "-u", "--device-open-mbim", "-d", "1199"]
      const { code, err, out } = yield* simulated([...words, ...both], images9x30)
      assert.strictEqual(code, 0)
      contains(out, "the modem runs 02.33.03.00")
      assert.match(err, /^warning: --device-open-proxy means nothing for a simulated modem/)
    })
  )

  it.effect("only sends with --update-download: what the modem is to prefer stays as it is", () =>
    Effect.gen(function* () {
      for (const action of ["--update-download", "--update-qdl"]) {
        const words = [...on("em7455", ...waiting), "-v", action, "-d", "1199:9070"]
        const { code, out } = yield* simulated([...words, ...both], images9x30)
        assert.strictEqual(code, 0)
        contains(out, `${system} sent in`, `${carrier} sent in`, "what the modem runs now was not asked")
        assert.notMatch(out, setsPreference)
      }
    })
  )

  it.effect("takes what is sent for sent, also where the modem waits for more of it", () =>
    Effect.gen(function* () {
      const words = [...on("em7455", ...waiting, "--simulate-behaviour", "staysInBootAndHold"), "-U", "-d", "1199"]
      const { code, err } = yield* simulated([...words, ...both], images9x30)
      assert.strictEqual(code, 0)
      assert.match(err, /^warning: the images are sent, but the modem waits in boot-and-hold again/)
    })
  )

  it.effect("sends a modem into boot-and-hold", () =>
    Effect.gen(function* () {
      const { code, out } = yield* simulated([...on("mc7710"), "-b", "-d", "1199:68a2"], {})
      assert.strictEqual(code, 0)
      contains(out, "the modem waits in boot-and-hold")
    })
  )

  it.effect("sends an image again that was refused once, and says so", () =>
    Effect.gen(function* () {
      const once = ["--simulate-behaviour", "nakWrite:image=0,chunk=1,status=1,times=1"]
      const { code, out } = yield* simulated([...on("em7455", ...once), "-u", "-d", "1199", ...both], images9x30)
      assert.strictEqual(code, 0)
      contains(out, "status 0x01 (CRC failed); again from the beginning in 1.0 s, try 2 of 3")
    })
  )

  it.effect("ends with 1, the error beside the output, and what to do about it", () =>
    Effect.gen(function* () {
      const broken = [...on("em7455", "--simulate-behaviour", "disconnectInChunk:image=0,chunk=1"), "-u", "-d", "1199"]
      for (const [words, message] of [
        [[...broken, ...both], /^error: .+\nstate: .+\nhelp: {2}.+\nnext: {2}boothold .+$/],
        [[...on("em7455"), "-u", "-d", "1199:68c0", ...both], /^error: no modem/],
        [[...on("em7455"), "-u", "-d", "1199", "missing.cwe"], /^error: .*missing\.cwe/],
        [[...on("em7455", ...waiting), "-u", "-d", "1199", ...both], /^error: .* boot-and-hold/],
        [[...on("em7455"), "-U", "-d", "1199", ...both], /^error: .* is not in boot-and-hold/],
        [[...on("mc7710"), "-u", "-d", "1199", ...both], /^error: /],
        [[...on("mc7710"), "-u", "-d", "1199", "-f", "03.05.29.03", "-C", "x", ...Object.keys(images9200)], /^error: /],
        [[...on("em9999"), "-b", "-d", "1199"], /^error: no simulated modem/],
        [["-u", ...both], /^error: no modem is named.*\nhelp: {2}`boothold qfu --help`/]
      ] as const) {
        const { code, err } = yield* simulated(words, { ...images9x30, ...images9200 })
        assert.strictEqual(code, 1, words.join(" "))
        assert.match(err, message, words.join(" "))
      }
    })
  )

  it.effect("refuses values that contradict the images, unless it is told not to", () =>
    Effect.gen(function* () {
      const words = [...on("em7455"), "-ud", "1199", "-c", "002.099_000", ...both]
      assert.strictEqual((yield* simulated(words, images9x30)).code, 1)
      const ignored = yield* simulated([...words.slice(0, 2), "--ignore-version-errors", ...words.slice(2)], images9x30)
      contains(ignored.out, "002.026_000 → 002.099_000")
    })
  )

  it.effect("takes a modem that is named by ids only where it is the only one", () =>
    Effect.gen(function* () {
      const { code, err } = yield* simulated([...on("em7455"), "-b", "-d", "413c"], {})
      assert.strictEqual(code, 1)
      contains(err, "error:", "413c")
    })
  )

  it.effect("verifies each image by itself", () =>
    Effect.gen(function* () {
      const files = { ...images9x30, ...images9200, "setup.exe": new Uint8Array(2000).fill(77) }
      const good = yield* simulated(["-z", system, carrier, ...Object.keys(images9200)], files)
      assert.deepStrictEqual([good.code, good.err], [0, ""])
      contains(
        good.out,
        "versions     firmware 02.33.03.00, config n/a, carrier n/a",
        "sent as      400 bytes of header"
      )
      contains(
        good.out,
        "firmware 02.33.03.00, config 002.072_000, carrier GENERIC",
        "2621",
        "3 chunks of at most 1048576"
      )
      const bad = yield* simulated(["-z", "setup.exe", "missing.cwe", system], files)
      assert.strictEqual(bad.code, 1)
      contains(bad.out, system)
      assert.notInclude(bad.out, "setup.exe")
      assert.match(bad.err, /^error: setup\.exe: .+\nerror: .*missing\.cwe.*$/)
    })
  )

  it.effect("shows help, examples and version, and ends with 0", () =>
    Effect.gen(function* () {
      const help = yield* runQfu(["-h"])
      contains(help.out, "Usage: boothold qfu", "-u, --update ", "--modem-storage-index", "-H, --help-examples")
      contains((yield* runQfu(["-H"])).out, "boothold qfu --update -d 1199:9071", "--update-download -t /dev/ttyUSB0")
      contains((yield* runQfu(["-zVu"])).out, "boothold 1.2.3", "qmi-firmware-update 1.32 to 1.38")
      for (const word of ["-h", "-H", "-V"]) assert.deepStrictEqual((yield* runQfu([word])).err, "")
    })
  )

  it.effect("ends with 1 when it is interrupted", () =>
    Effect.gen(function* () {
      let ends = 130
      yield* Effect.provideService(runQfu(["-h"]), Interruption, {
        endsWith: (code) => {
          ends = code
        },
        says: () => undefined
      })
      assert.strictEqual(ends, 1)
    })
  )
})

describe("the log", () => {
  const folder = Effect.acquireRelease(
    Effect.sync(() => mkdtempSync(join(tmpdir(), "boothold-"))),
    (path) => Effect.sync(() => rmSync(path, { recursive: true }))
  )

  it.effect("has every event and the bytes of every transfer, in a file", () =>
    Effect.gen(function* () {
      const file = join(yield* folder, "log")
      const { code, out } = yield* simulated([...on("em7455"), "-L", file, "-ud", "1199:9071", ...both], images9x30)
      assert.strictEqual(code, 0)
      const lines = readFileSync(file, "utf8").trimEnd().split("\n")
      for (const line of lines)
        assert.match(line, /^\[\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z\] (boothold|to|from|event) /)
      const text = lines.join("\n")
      contains(text, "event RunStarted", 'event ImageFinished {"image":"SWI9X30C_02.33.03.00.cwe"', "event RunFinished")
      assert.match(text, setsPreference)
      assert.match(text, /to sim:1-2\/download: 27 00 00 00 00 .* … \(10485\d\d bytes\)$/m)
      assert.match(text, /from sim:1-2\/download: 7e 2a 00 00 /)
      assert.notInclude(out, "event RunStarted")
    })
  )

  it.effect("is printed with -v, and has the error where there was one", () =>
    Effect.gen(function* () {
      const { code, err, out } = yield* simulated(
        [...on("em7455"), "-v", "-u", "-d", "1199", "missing.cwe"],
        images9x30
      )
      assert.strictEqual(code, 1)
      assert.match(out, /\] error FILE_NOT_FOUND: .*missing\.cwe/)
      assert.match(err, /^error: /)
    })
  )

  it.effect("stops nothing where it cannot be written, or is contradictory", () =>
    Effect.gen(function* () {
      const path = yield* folder
      const file = join(path, "log")
      for (const [words, message] of [
        [["-L", path], /^error: the log cannot be written: EISDIR/],
        [["-L", join(path, "none", "log")], /^error: the log cannot be written: ENOENT/],
        [["-vS", "-L", file], /^error: --verbose and --silent exclude each other/],
        [["-L", "/dev/full"], /^warning: the log is not written any further: ENOSPC[^\n]+$/]
      ] as const) {
        const { code, err, out } = yield* simulated([...words, "-z", ...both], images9x30)
        assert.strictEqual(code, 0, words.join(" "))
        assert.match(err, message)
        assert.notInclude(out, "] boothold")
      }
      assert.throws(() => readFileSync(file))
      const silent = yield* simulated(["-S", "-L", file, "-z", ...both], images9x30)
      assert.deepStrictEqual([silent.code, silent.err], [0, ""])
      contains(readFileSync(file, "utf8"), 'image {"name":"SWI9X30C_02.33.03.00.cwe"')
    })
  )
})
