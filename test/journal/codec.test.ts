import { assert, describe, it } from "@effect/vitest"
import * as Result from "effect/Result"
import * as Arbitrary from "effect/Arbitrary"
import * as Schema from "effect/Schema"
import { readFileSync } from "node:fs"
import { encodeLine, largestJournal, readJournal } from "../../src/journal/codec.ts"
import type { Entry, RunJournal } from "../../src/journal/entry.ts"
import { HistoryError } from "../../src/journal/HistoryError.ts"
import { outcomeOf } from "../../src/journal/outcome.ts"
import { anyBegun, anyEntry, begunOf, bytesOf, entriesOf, joined, stepStarted } from "../support/journals.ts"
import { Byte } from "../protocol/bytes.ts"

const read = (bytes: Uint8Array) => readJournal("j", bytes)

const sound = (bytes: Uint8Array): RunJournal => {
  const journal = read(bytes)
  if (Result.isSuccess(journal)) return journal.success
  throw journal.failure
}

const refused = (bytes: Uint8Array): HistoryError => {
  const journal = read(bytes)
  assert.isTrue(Result.isFailure(journal))
  return (journal as Extract<typeof journal, { readonly _tag: "Failure" }>).failure
}

const text = (value: string): Uint8Array => new TextEncoder().encode(value)

const some = entriesOf(
  stepStarted("open"),
  { becomes: { _tag: "HalfWritten", image: "a.cwe", sent: 0, bytes: 5 } },
  { _tag: "Note", step: "open", detail: "täßé\u0000\n\u2028😀 \ud800" },
  { _tag: "ImageProgress", image: "a.cwe", sent: 3, bytes: 5, bytesPerSecond: 1, secondsLeft: 2 }
)

const numbered = (entries: ReadonlyArray<Entry>): ReadonlyArray<Entry> =>
  entries.map((entry, index) => ({ ...entry, n: index + 1 }))

describe("a journal", () => {
  it.prop(
    "is read as it was written, whatever is in it",
    [anyBegun, Arbitrary.array(anyEntry, { maxLength: 6 })],
    ([begun, some]) => {
      const entries = numbered(some)
      const bytes = bytesOf({ ...begun, n: 0 }, entries)
      const { damage, lost, ...journal } = sound(bytes)
      assert.deepStrictEqual({ damage, lost }, { damage: undefined, lost: 0 })
      // As bytes: JSON knows no negative zero.
      assert.deepStrictEqual(bytesOf(journal.begun, journal.entries), bytes)
    },
    { arbitrary: { runs: 200 } }
  )

  it("that was cut off anywhere is read up to there, and said to be torn", () => {
    const lines = [begunOf(), ...some].map(encodeLine)
    const all = joined(lines)
    let ends = 0
    const wholeAt = new Map(lines.map((line, index) => [(ends += line.length), index] as const))
    for (let length = lines[0]!.length; length <= all.length; length++) {
      const { damage, entries, lost } = sound(all.subarray(0, length))
      const before = [...wholeAt].findLast(([end]) => end <= length)![1]
      assert.deepStrictEqual(entries, some.slice(0, before))
      assert.strictEqual(lost, 0)
      if (wholeAt.has(length)) assert.isUndefined(damage)
      else assert.deepInclude(damage, { line: before + 2, torn: true })
    }
  })

  it("that was cut off in its first line is none: nothing had been sent", () => {
    const first = encodeLine(begunOf())
    for (let length = 0; length < first.length - 1; length++) {
      const { reason } = refused(first.subarray(0, length))
      assert.strictEqual(reason._tag, "NoJournal")
    }
    assert.deepStrictEqual(refused(new Uint8Array()).reason, { _tag: "NoJournal", line: 1, found: "empty" })
  })

  it("with zeros where a power cut left a hole is read up to there", () => {
    const whole = bytesOf(begunOf(), some)
    const { damage, entries } = sound(joined([whole, new Uint8Array(4096)]))
    assert.deepStrictEqual(entries, some)
    assert.deepStrictEqual(damage, { line: 6, found: "cut off: 4096 zero bytes", torn: true })
  })

  it("with a line that is none is read up to there, and names line and content", () => {
    const lines = [begunOf(), ...some].map(encodeLine)
    const bytes = joined([...lines.slice(0, 3), text('{"_tag":"Happened"} nonsense\n'), ...lines.slice(3)])
    const { damage, entries } = sound(bytes)
    assert.deepStrictEqual(entries, some.slice(0, 2))
    assert.deepStrictEqual(damage, {
      line: 4,
      found: '"{\\"_tag\\":\\"Happened\\"} nonsense" (28 bytes)',
      torn: false
    })
  })

  it("tells how many lines could not be written", () => {
    const [first, , , last] = some
    assert.strictEqual(sound(bytesOf(begunOf(), [first!, last!])).lost, 2)
  })

  it("whose lines are in another order ends where the order does", () => {
    const [first, second] = some
    const { damage, entries } = sound(bytesOf(begunOf(), [second!, first!]))
    assert.deepStrictEqual(entries, [second!])
    assert.deepStrictEqual(damage, { line: 3, found: "line number 1 after 2", torn: false })
  })

  it("of another version is refused by its version, whatever else it says", () => {
    const { message, reason } = refused(text('{"journal":"boothold","version":2,"what":["is","this"]}\n'))
    assert.deepStrictEqual(reason, { _tag: "OtherVersion", found: "2", wanted: 1 })
    assert.strictEqual(message, "j is a journal of version 2, wanted 1")
    assert.strictEqual(refused(text('{"journal":"boothold"}\n')).reason._tag, "OtherVersion")
  })

  it("is none when it is something else", () => {
    const deep = "[".repeat(100_000)
    const begun = new TextDecoder().decode(encodeLine(begunOf()))
    for (const other of [
      "\n",
      "null\n",
      "[]\n",
      "7\n",
      '"boothold"\n',
      "PNG\u0000\n",
      `${deep}\n`,
      begun.replace('"n":0', '"n":"0"')
    ]) {
      assert.strictEqual(refused(text(other)).reason._tag, "NoJournal", other.slice(0, 20))
    }
    assert.strictEqual(refused(Uint8Array.of(0xff, 0xfe, 0x0a)).reason._tag, "NoJournal")
  })

  it("takes no time that no calendar has", () => {
    const line = new TextDecoder().decode(encodeLine(begunOf())).replace('"at":0', '"at":8640000000000001')
    assert.strictEqual(refused(text(line)).reason._tag, "NoJournal")
  })

  it("that is longer than any is not looked into", () => {
    assert.deepStrictEqual(refused(new Uint8Array(largestJournal + 1)).reason, {
      _tag: "TooLarge",
      bytes: largestJournal + 1,
      limit: largestJournal
    })
  })

  it.prop(
    "with any bytes changed is refused, or read as far as it is sound",
    [
      Arbitrary.schema(
        Schema.NonEmptyArray(
          Schema.Struct({ at: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 3000 })), byte: Byte })
        )
      )
    ],
    ([changes]) => {
      const bytes = bytesOf(begunOf(), some)
      for (const { at, byte } of changes) bytes[at % bytes.length] = byte
      const journal = read(bytes)
      if (Result.isFailure(journal)) assert.instanceOf(journal.failure, HistoryError)
      else {
        assert.isAtMost(journal.success.entries.length, some.length)
        outcomeOf(journal.success)
      }
    },
    { arbitrary: { runs: 500 } }
  )

  it.prop(
    "is found in no bytes by chance",
    [Schema.Array(Byte)],
    ([bytes]) => {
      assert.instanceOf(refused(Uint8Array.from(bytes)), HistoryError)
    },
    { arbitrary: { runs: 300 } }
  )

  it("of version 1, as the first release wrote it, is read", () => {
    const journal = sound(new Uint8Array(readFileSync(new URL("../../fixtures/journals/v1.jsonl", import.meta.url))))
    assert.isUndefined(journal.damage)
    const { condition, end, progress, sent } = outcomeOf(journal)
    assert.deepStrictEqual([end, condition._tag, sent.length, progress?.sent], ["finished", "Running", 2, 2600])
    assert.strictEqual(journal.begun.run.facts?.imei, "123456789012347")
  })
})
