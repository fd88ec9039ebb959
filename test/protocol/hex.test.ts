import { assert, describe, it } from "@effect/vitest"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { formatHex, parseHex } from "../../src/protocol/hex.ts"
import { Byte, Bytes, hex } from "./bytes.ts"

const parsed = (text: string) => {
  const result = parseHex(text)
  if (Result.isSuccess(result)) return result.success
  const { line, column, reason } = result.failure
  return { line, column, ...reason }
}

const sync = hex("01 0b 00 00 00 00 00 01 27 00 00 00")

/** 40 bytes whose ASCII gutter looks like hex digits and bars. */
const gutterTrap = Uint8Array.from([
  ...hex("7e 70 00 00 14 46 7e 41 42 43 44 45 46 30 31 32"),
  ...hex("7c 7c 20 20 41 42 20 7c 61 62 63 64 65 66 20 7c"),
  ...hex("41 42 43 44 45 46 30 31")
])

describe("parseHex", () => {
  const forms: ReadonlyArray<readonly [name: string, text: string]> = [
    ["colons", "01:0B:00:00:00:00:00:01:27:00:00:00"],
    ["blanks", "01 0b 00 00 00 00 00 01 27 00 00 00\n"],
    ["nothing between", "010B00000000000127000000"],
    ["a 0x list", "0x01, 0x0b, 0x00, 0x00, 0x00, 0x00, 0x00, 0x01, 0x27, 0x00, 0x00, 0x00,"],
    ["one 0x number", "0x010b00000000000127000000"],
    [
      "source code",
      "const uint8_t sync[] = {\n  0x01, 0x0b, 0, 0,\n};".replace(
        ", 0, 0,",
        ", 0x00, 0x00, 0x00,0x00,0x00,0x01,0x27,0x00,0x00,0x00"
      )
    ],
    ["escapes", "\\x01\\x0b\\x00\\x00\\x00\\x00\\x00\\x01\\x27\\x00\\x00\\x00"],
    ["several lines, CR LF, TAB", "01 0b 00 00\r\n\t00 00 00 01\r\n27 00 00 00\r\n"],
    ["comments", "01 0b 00 00 # header\n00 00 00 01 // CTL\n27 00 00 00"],
    ["an arrow as in qmi.md", "Sync            → 01 0b 00 00 00 00 00 01 27 00 00 00"],
    ["a label", "TX: 01 0b 00 00 00 00 00 01 27 00 00 00"]
  ]
  for (const [name, text] of forms) {
    it(`reads bytes with ${name}`, () => {
      assert.deepStrictEqual(parsed(text), sync)
    })
  }

  it("reads the data lines of a libqmi log and nothing else of it", () => {
    const log = [
      "[12 Nov 2017, 10:11:12] [Debug] [/dev/cdc-wdm0] sent message...",
      "<<<<<< RAW:",
      "<<<<<<   length = 12",
      "<<<<<<   data   = 01:0B:00:00:00:00:00:01:27:00:00:00",
      "",
      "[12 Nov 2017, 10:11:12] [Debug] [/dev/cdc-wdm0] received message...",
      ">>>>>> RAW:",
      ">>>>>>   length = 19",
      ">>>>>>   data   = 01:12:00:80:00:00:01:01:27:00:07:00:02:04:00:00:00:00:00",
      ">>>>>> QMUX:",
      ">>>>>>   length  = 18",
      ">>>>>>   flags   = 0x80"
    ].join("\n")
    assert.deepStrictEqual(
      parsed(log),
      Uint8Array.from([...sync, ...hex("01 12 00 80 00 00 01 01 27 00 07 00 02 04 00 00 00 00 00")])
    )
  })

  // The first five are what the tools print for these bytes; the last two are written after their form.
  const dumps: Record<string, string> = {
    "hexdump -C": [
      "00000000  7e 70 00 00 14 46 7e 41  42 43 44 45 46 30 31 32  |~p...F~ABCDEF012|",
      "00000010  7c 7c 20 20 41 42 20 7c  61 62 63 64 65 66 20 7c  |||  AB |abcdef ||",
      "00000020  41 42 43 44 45 46 30 31                           |ABCDEF01|",
      "00000028"
    ].join("\n"),
    xxd: [
      "00000000: 7e70 0000 1446 7e41 4243 4445 4630 3132  ~p...F~ABCDEF012",
      "00000010: 7c7c 2020 4142 207c 6162 6364 6566 207c  ||  AB |abcdef |",
      "00000020: 4142 4344 4546 3031                      ABCDEF01"
    ].join("\n"),
    "xxd -g1": [
      "00000000: 7e 70 00 00 14 46 7e 41 42 43 44 45 46 30 31 32  ~p...F~ABCDEF012",
      "00000010: 7c 7c 20 20 41 42 20 7c 61 62 63 64 65 66 20 7c  ||  AB |abcdef |",
      "00000020: 41 42 43 44 45 46 30 31                          ABCDEF01"
    ].join("\n"),
    "od -A x -t x1z": [
      "000000 7e 70 00 00 14 46 7e 41 42 43 44 45 46 30 31 32  >~p...F~ABCDEF012<",
      "000010 7c 7c 20 20 41 42 20 7c 61 62 63 64 65 66 20 7c  >||  AB |abcdef |<",
      "000020 41 42 43 44 45 46 30 31                          >ABCDEF01<",
      "000028"
    ].join("\n"),
    "od -t x1": [
      "0000000 7e 70 00 00 14 46 7e 41 42 43 44 45 46 30 31 32",
      "0000020 7c 7c 20 20 41 42 20 7c 61 62 63 64 65 66 20 7c",
      "0000040 41 42 43 44 45 46 30 31",
      "0000050"
    ].join("\n"),
    "a packet viewer": [
      "0000   7e 70 00 00 14 46 7e 41 42 43 44 45 46 30 31 32   ~p...F~ABCDEF012",
      "0010   7c 7c 20 20 41 42 20 7c 61 62 63 64 65 66 20 7c   ||  AB |abcdef |",
      "0020   41 42 43 44 45 46 30 31                           ABCDEF01"
    ].join("\n"),
    tcpdump: [
      "\t0x0000:  7e70 0000 1446 7e41 4243 4445 4630 3132  ~p...F~ABCDEF012",
      "\t0x0010:  7c7c 2020 4142 207c 6162 6364 6566 207c  ||..AB.|abcdef.|",
      "\t0x0020:  4142 4344 4546 3031                      ABCDEF01"
    ].join("\n")
  }
  for (const [name, dump] of Object.entries(dumps)) {
    it(`reads a dump of ${name} without its gutter`, () => {
      assert.deepStrictEqual(parsed(dump), gutterTrap)
    })
  }

  it("reads xxd with eight bytes a line, where the gutter stands as near as a second group", () => {
    assert.deepStrictEqual(parsed("00000000: 4142 4344 4546 3031  ABCDEF01\n"), hex("41 42 43 44 45 46 30 31"))
  })

  it("reads an excerpt of a dump and two dumps behind each other", () => {
    assert.deepStrictEqual(
      parsed("00000010  01 02\n00000012  03                                                |.|"),
      hex("01 02 03")
    )
    assert.deepStrictEqual(parsed("00000000  01 02  |..|\n00000002\n\n00000000  03 04  |..|\n"), hex("01 02 03 04"))
  })

  it("fills in the lines that a dump leaves out with a star", () => {
    const dump =
      "00000000  55 55 55 55 55 55 55 55  55 55 55 55 55 55 55 55  |UUUUUUUUUUUUUUUU|\n*\n00000040  01  |.|\n00000041"
    assert.deepStrictEqual(parsed(dump), Uint8Array.from([...new Uint8Array(64).fill(0x55), 1]))
  })

  it("does not let a star fill the memory", () => {
    const dump = "00000000  55 55  |UU|\n*\nffffffff  01  |.|"
    assert.deepInclude(parsed(dump), { line: 3, _tag: "TooManyBytes" })
  })

  it("names line and column of what is not hex", () => {
    assert.deepStrictEqual(parsed("01 0b\n00 0g 00"), { line: 2, column: 4, _tag: "NotHex", found: "0g" })
    assert.deepStrictEqual(parsed("01:0b:0"), { line: 1, column: 7, _tag: "OddDigits", found: "0" })
    assert.deepStrictEqual(parsed("RX: 01 zz"), { line: 1, column: 8, _tag: "NotHex", found: "zz" })
    assert.deepStrictEqual(parsed("7e … 7e"), { line: 1, column: 4, _tag: "NotHex", found: "…" })
    const failure = Result.getFailure(parseHex("01 0b\n00 0g 00"))
    assert(failure._tag === "Some")
    assert.include(failure.value.message, "line 2, column 4")
  })

  it("says that a line of a dump is missing", () => {
    assert.deepStrictEqual(parsed("00000000  01 02  |..|\n00000010  03  |.|"), {
      line: 2,
      column: 1,
      _tag: "OffsetMismatch",
      wanted: 2,
      found: 16
    })
  })

  it("refuses a dump of words, whose byte order is unknown, and no bytes at all", () => {
    assert.deepInclude(parsed("0000000 707e 0000 4614 007e\n0000007"), { line: 1, _tag: "WordDump" })
    assert.deepInclude(parsed(" \n\t"), { _tag: "NoBytes" })
  })

  it("is linear in a long line", () => {
    const bytes = new Uint8Array(300_000).fill(0x5a)
    const started = performance.now()
    assert.strictEqual((parsed(formatHex(bytes)) as Uint8Array).length, bytes.length)
    parseHex("a".repeat(200_000) + " ".repeat(200_000) + "!")
    parseHex("00000000  01" + "  |".repeat(100_000))
    assert.isBelow(performance.now() - started, 3000)
  })

  it.prop("gives back what formatHex shows, in any of the plain forms", [Schema.NonEmptyArray(Byte)], ([input]) => {
    const bytes = Uint8Array.from(input)
    const shown = formatHex(bytes)
    for (const text of [
      shown,
      shown.replaceAll(" ", ":"),
      shown.toUpperCase(),
      shown.replaceAll(" ", ", 0x").replace(/^/, "0x")
    ]) {
      assert.deepStrictEqual(parsed(text), bytes)
    }
  })

  it("follows the offsets of an excerpt at a 64-bit address, and says where a line is missing", () => {
    assert.deepStrictEqual(parsed("ffff888012345678: 01 02\nffff88801234567a: 03"), hex("01 02 03"))
    const cut = parseHex("ffffffffffff0000: 01 02\nffffffffffffffff: 03")
    assert.strictEqual(Result.isFailure(cut) ? cut.failure.reason._tag : "parsed", "OffsetMismatch")
  })

  const Piece = Schema.Literals([
    "0",
    "ffffffffffffffff: ",
    "00",
    "0000000",
    "00000000  ",
    ":",
    " ",
    "  ",
    "|",
    "*",
    "\n",
    "0x",
    "→",
    "data = ",
    "g",
    "#",
    "~",
    "10"
  ])
  it.prop("never throws, whatever the text", [Schema.Array(Piece), Bytes], ([pieces, noise]) => {
    parseHex(pieces.join(""))
    parseHex(String.fromCharCode(...noise))
  })
})

describe("formatHex", () => {
  it("cuts long bytes and says how many follow", () => {
    assert.strictEqual(formatHex(hex("01 02 03"), 2), "01 02 … (1 more)")
    assert.strictEqual(formatHex(hex("01 02"), 2), "01 02")
  })
})
