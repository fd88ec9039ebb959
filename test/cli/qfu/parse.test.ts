/** The words of qmi-firmware-update: grammar, values, and what they ask for. */
import { assert, describe, it } from "@effect/vitest"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { byLong, byShort, groups } from "../../../src/cli/qfu/options.ts"
import type { QfuOption } from "../../../src/cli/qfu/options.ts"
import { parse } from "../../../src/cli/qfu/parse.ts"
import { checkValues, requestOf, shows } from "../../../src/cli/qfu/request.ts"
import { takeSimulation } from "../../../src/cli/qfu/simulation.ts"
import { busnumDevnum, integer, vidPid } from "../../../src/cli/qfu/values.ts"

const parsed = (...words: ReadonlyArray<string>) => {
  const { files, switches, values } = Result.getOrThrow(parse(words))
  return { files, on: [...switches], values: Object.fromEntries(values) }
}

const refused = (...words: ReadonlyArray<string>): string => {
  const result = parse(words)
  assert(Result.isFailure(result), `${words.join(" ")} is refused`)
  return result.failure
}

/** No link leads anywhere else. */
const same = (path: string): string => path

const request = (...words: ReadonlyArray<string>) => Result.flatMap(parse(words), (found) => requestOf(found, same))

describe("the words", () => {
  it("are options long and short, combined, with their value in the same word or the next, mixed with files", () => {
    const wanted = { on: ["update", "verbose"], files: ["a", "b"], values: { vidPid: "1199:9071" } }
    for (const words of [
      ["-v", "-u", "-d", "1199:9071", "a", "b"],
      ["-vu", "a", "-d", "1199:9071", "b"],
      ["-vud", "1199:9071", "a", "b"],
      ["-vdu", "1199:9071", "a", "b"],
      ["a", "--verbose", "--update", "--vid-pid=1199:9071", "b"],
      ["--verbose", "--vid-pid", "1199:9071", "a", "b", "--update"],
      ["-v", "--update=whatever", "-d", "dropped", "-d", "1199:9071", "--", "a", "b"]
    ]) {
      const { on, ...rest } = parsed(...words)
      assert.deepStrictEqual<unknown>({ ...rest, on: on.toSorted() }, wanted, words.join(" "))
    }
  })

  it("take whatever follows for a value, and everything behind -- for files", () => {
    assert.deepStrictEqual(parsed("-L", "-z").values, { verboseLog: "-z" })
    assert.deepStrictEqual(parsed("--carrier", "--", "x"), { files: ["x"], on: [], values: { carrier: "--" } })
    assert.deepStrictEqual(parsed("-", "--", "-z", "--", "--tty=x").files, ["-", "-z", "--", "--tty=x"])
    assert.deepStrictEqual(parsed("--tty=").values, { tty: "" })
    assert.deepStrictEqual(parsed("--carrier=a=b").values, { carrier: "a=b" })
  })

  it("never have a value right behind a letter, nor two values behind one word of letters", () => {
    // The next word is the value of -d; what is left of its own word are no options.
    assert.include(refused("-d1199:9071", "x"), "-1 in -d1199:9071")
    assert.include(refused("-t/dev/ttyUSB0", "x"), "unknown option")
    assert.include(refused("-dw", "1199", "/dev/cdc-wdm0"), "both -d and -w")
    assert.include(refused("-z=1"), "unknown option -= in -z=1")
  })

  it("are refused where they are unknown, shortened or cut off", () => {
    for (const word of ["-x", "--verif", "--ver", "--help-all", "-?", "---z", "-z-", "-zx", "--Update"]) {
      assert.include(refused(word), "unknown option")
    }
    for (const words of [["-d"], ["--vid-pid"], ["-zd"], ["-L"]]) assert.include(refused(...words), "takes a value")
  })

  it("may have the names of older releases", () => {
    assert.deepStrictEqual(parsed("--update-qdl", "-q", "/dev/ttyUSB0").on, ["updateDownload"])
    for (const words of [["-q", "/dev/ttyUSB0"], ["--qdl-serial=/dev/ttyUSB0"], ["-t", "/dev/ttyUSB0"]]) {
      assert.deepStrictEqual(parsed(...words).values, { tty: "/dev/ttyUSB0" })
    }
  })

  it("that ask for version, help and examples win in that order", () => {
    const shown = (word: string) => Result.getOrThrow(Result.map(parse([word]), shows))
    assert.deepStrictEqual(["-hHV", "-Hh", "-uH", "-u"].map(shown), ["version", "help", "helpExamples", undefined])
  })
})

describe("the values", () => {
  it("are read as C reads numbers", () => {
    const ids = ["1199", "1199:9071", "0x1199:0x9071", " +1199x:0009071y", "1199 :9071", "ffff"]
    assert.deepStrictEqual(ids.map(vidPid), ["1199", "1199:9071", "1199:9071", "1199:9071", "1199:9071", "ffff"])
    for (const text of [
      "",
      ":",
      "0",
      "10000",
      "xyz",
      "1199:",
      "1199:0",
      ":9071",
      "1:2:3",
      "-1",
      "0x",
      "99999999999999999999"
    ]) {
      assert.isUndefined(vidPid(text), text)
    }
    assert.deepStrictEqual(["5", "1:7", "001:007", " 1x:2y", "4294967295"].map(busnumDevnum), [
      ...["5", "1:7", "1:7", "1:2", "4294967295"]
    ])
    for (const text of ["", "0", "x", "1:0", "0:5", ":5", "5:", "1:2:3", "0x5", "-1", "4294967296"]) {
      assert.isUndefined(busnumDevnum(text), text)
    }
    assert.deepStrictEqual(["0", "7", " 5", "-1", "0x10", "010", "2147483647"].map(integer), [
      ...[0, 7, 5, -1, 16, 8, 2_147_483_647]
    ])
    for (const text of ["", "abc", "5x", "0x", "09", "1.5", "2147483648", "99999999999"]) {
      assert.isUndefined(integer(text), text)
    }
  })

  it("are wrong whatever is to be done", () => {
    for (const words of [
      ["-d", "xyz"],
      ["-s", "0"],
      ["--modem-storage-index", "5x"]
    ]) {
      const found = Result.getOrThrow(parse([...words, "-z", "-h", "x"]))
      assert.include(checkValues(found) ?? "", "is no ", words.join(" "))
    }
    assert.isUndefined(checkValues(Result.getOrThrow(parse(["-d", "1199", "-s", "1:7", "-z", "x"]))))
  })
})

describe("what is asked for", () => {
  const update = ["-u", "-d", "1199:9071", "a.cwe"]

  it("is checked in their order", () => {
    const why = (...words: ReadonlyArray<string>) => {
      const result = request(...words)
      assert(Result.isFailure(result), words.join(" "))
      return result.failure
    }
    assert.include(why("a"), "nothing to do")
    assert.include(why("-uz"), "one thing at a time")
    assert.include(why("-u", "-d", "1", "-s", "2"), "no image files")
    assert.include(why("-u", "a"), "no modem is named")
    assert.include(why("-b", "-d", "1199", "-w", "/dev/cdc-wdm0"), "named twice")
    assert.include(why("-b", "-t", "/dev/null"), "neither")
    assert.include(why("-b", "-d", "1199", "--device-open-qmi", "--device-open-mbim"), "at most")
    assert.include(why(...update, "--modem-storage-index", "256"), "no slot 256")
    assert.include(why(...update, "--modem-storage-index", "-1"), "no slot -1")
  })

  it("takes nothing that belongs to another action, and says nothing of it", () => {
    const extra = [
      "-f",
      "1",
      "-c",
      "2",
      "-C",
      "3",
      "--override-download",
      "--skip-validation",
      "--modem-storage-index",
      "999"
    ]
    assert.deepStrictEqual(
      request("-z", "a", "-d", "1", "-s", "2", ...extra),
      Result.succeed({ _tag: "Verify", files: ["a"] })
    )
    const reset = Result.getOrThrow(request("-b", "-d", "1199", "a", ...extra))
    assert(reset._tag === "Reset")
    assert.deepStrictEqual(
      [reset.files, reset.carrier, reset.skipValidation, reset.modemStorageIndex],
      [[], undefined, false, undefined]
    )
    const sends = Result.getOrThrow(
      request("-U", "-t", "/dev/ttyUSB0", "a", "--device-open-qmi", "--device-open-mbim", ...extra)
    )
    assert(sends._tag === "Download")
    assert.deepStrictEqual(
      [sends.deviceOpen, sends.firmwareVersion, sends.overrideDownload],
      [undefined, undefined, false]
    )
  })

  it("sends without looking at versions, and without asking afterwards", () => {
    const sends = Result.getOrThrow(request("-U", "-t", "ttyUSB0", "a"))
    assert(sends._tag === "Download")
    assert.deepStrictEqual(
      [sends.ignoreVersionErrors, sends.skipValidation, sends.selector],
      [true, true, { tty: "ttyUSB0" }]
    )
  })

  it("takes every option of an update", () => {
    const words = [
      ...["-ud", "0x1199", "-f", "02.33.03.00", "-c", "002.072_000", "-C", "GENERIC", "--ignore-version-errors"],
      ...["--override-download", "--modem-storage-index", "0x3", "--skip-validation", "-p", "--device-open-mbim"],
      ...["--ignore-mm-runtime-check", "a", "b"]
    ]
    assert.deepStrictEqual(
      request(...words),
      Result.succeed({
        _tag: "Update",
        selector: { vidPid: "1199" },
        files: ["a", "b"],
        firmwareVersion: "02.33.03.00",
        configVersion: "002.072_000",
        carrier: "GENERIC",
        ignoreVersionErrors: true,
        overrideDownload: true,
        modemStorageIndex: 3,
        skipValidation: true,
        deviceOpen: "mbim",
        proxy: true,
        ignoreModemManager: true
      })
    )
    const plainOne = Result.getOrThrow(request(...update, "--modem-storage-index=0"))
    assert(plainOne._tag === "Update")
    assert.deepStrictEqual([plainOne.modemStorageIndex, plainOne.skipValidation], [undefined, false])
  })

  it("takes either kind of port by either option, by the name that a link leads to", () => {
    const links = (path: string) => (path === "/dev/modem" ? "/dev/ttyUSB2" : path)
    const selector = (...words: ReadonlyArray<string>) => {
      const found = Result.getOrThrow(requestOf(Result.getOrThrow(parse(["-b", ...words])), links))
      return found._tag === "Reset" ? found.selector : undefined
    }
    assert.deepStrictEqual(selector("-w", "/dev/ttyUSB2"), { tty: "ttyUSB2" })
    assert.deepStrictEqual(selector("-t", "/dev/cdc-wdm0"), { cdcWdm: "cdc-wdm0" })
    assert.deepStrictEqual(selector("-t", "/dev/modem"), { tty: "ttyUSB2" })
    assert.deepStrictEqual(selector("-s", "001:7"), { busnumDevnum: "1:7" })
  })
})

describe("--simulate in front", () => {
  it("is taken away, and everything behind stays as it is", () => {
    const words = ["--simulate", "em7455", "--simulate-speed=10", "--simulate-behaviour", "a", "--simulate-behaviour=b"]
    const taken = Result.getOrThrow(takeSimulation([...words, "-u", "--simulate", "x"]))
    assert.deepStrictEqual(taken.words, ["-u", "--simulate", "x"])
    assert.deepStrictEqual(taken.simulation, {
      ...{ model: "em7455", speed: 10, mode: "application", behaviours: ["a", "b"] }
    })
    assert.deepStrictEqual(Result.getOrThrow(takeSimulation(["-z", "x"])), {
      simulation: undefined,
      words: ["-z", "x"]
    })
  })

  it("is refused where it is no good", () => {
    for (const words of [
      ["--simulate"],
      ["--simulate-speed", "2", "-u"],
      ["--simulate", "x", "--simulate-speed", "fast"],
      ["--simulate", "x", "--simulate-mode", "off"],
      ["--simulate", "x", "--simulate-composition", "eight"]
    ]) {
      assert.isTrue(Result.isFailure(takeSimulation(words)), words.join(" "))
    }
  })
})

const options = Object.values(groups).flatMap((group) => Object.values<QfuOption>(group))

describe("any words", () => {
  const letters = [...byShort.keys()].join("")
  const snippets: ReadonlyArray<string> = [
    ...["-", "--", "=", "x", "", ":", "1199:9071", "\u0000", "ü", " ", "-d", "-z", "--tty", "--vid-pid=", letters],
    ...[...byLong.keys()].map((name) => `--${name}`)
  ]
  const snippet = Schema.Literals(snippets)
  const word = Schema.Array(snippet).check(Schema.isMaxLength(3))
  const lines = Schema.Array(Schema.Union([word, Schema.String]))

  it.prop(
    "never crash the parser, and yield no more than they are",
    [lines],
    ([line]) => {
      const words = line.map((one) => (typeof one === "string" ? one : one.join("")))
      const result = parse(words)
      takeSimulation(words)
      if (Result.isFailure(result)) return
      const { files, switches, values } = result.success
      assert.isAtMost(files.length, words.length)
      assert.isAtMost(switches.size + values.size, options.length)
      checkValues(result.success)
      shows(result.success)
      requestOf(result.success, same)
    },
    { arbitrary: { runs: 2000 } }
  )

  const spelled = Schema.Array(
    Schema.Struct({
      option: Schema.Literals(options.map(({ long }) => long[0])),
      form: Schema.Int,
      value: Schema.String
    })
  )
  it.prop(
    "mean the same however they are spelled",
    [spelled, Schema.Array(Schema.String)],
    ([picks, files]) => {
      const switches = new Set<string>()
      const values = new Map<string, string>()
      const words = picks.flatMap(({ form, option: name, value }): ReadonlyArray<string> => {
        const { key, option } = byLong.get(name) ?? { key: "", option: undefined }
        const [short] = option?.short ?? []
        const way = Math.abs(form) % 3
        if (option?.value === undefined) {
          switches.add(key)
          return [short !== undefined && way === 0 ? `-${short}` : `--${name}`]
        }
        values.set(key, value)
        return short !== undefined && way === 0
          ? [`-${short}`, value]
          : way === 1
            ? [`--${name}`, value]
            : [`--${name}=${value}`]
      })
      const found = Result.getOrThrow(parse([...words, "--", ...files]))
      assert.deepStrictEqual(new Set<string>(found.switches), switches)
      assert.deepStrictEqual(new Map<string, string>(found.values), values)
      assert.deepStrictEqual(found.files, files)
    },
    { arbitrary: { runs: 500 } }
  )

  it.prop(
    "make numbers that are none, or within their limits",
    [Schema.String],
    ([text]) => {
      assert.match(vidPid(text) ?? "0001", /^[0-9a-f]{4}(:[0-9a-f]{4})?$/)
      assert.match(busnumDevnum(text) ?? "1", /^\d{1,10}(:\d{1,10})?$/)
      assert.isTrue(Number.isInteger(integer(text) ?? 0))
    },
    { arbitrary: { runs: 1000 } }
  )
})
