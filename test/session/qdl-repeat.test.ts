import { assert, describe, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import { QdlError } from "../../src/session/QdlError.ts"
import { furthest, longestPause, mayRepeat, passingError, pauseAfter } from "../../src/session/qdl-repeat.ts"
import { TransportError } from "../../src/transport/TransportError.ts"

const endpoint = "sim:1-2/download"
const failed = (step: QdlError["step"], reason: QdlError["reason"], chunk?: number): QdlError =>
  new QdlError({ endpoint, step, reason, ...(chunk === undefined ? {} : { chunk }) })
const rejected = (error: number) => ({ _tag: "Rejected", error, text: 0 }) as const
const badStatus = (status: number) => ({ _tag: "BadStatus", status }) as const
const noAnswer = { _tag: "NoAnswer", millis: 1, heard: [] } as const
const steps = ["hello", "open", "write", "close"] as const

/** qdl.md §3.3, all of it: the codes after which an image is sent again. */
const again = [0x04, 0x07, 0x0a, 0x0f, 0x10, 0x17, 0x18, 0x19]

describe("whether an image is sent again", () => {
  for (let code = 0; code <= 0x20; code++) {
    const wanted = again.includes(code)
    it(`after Error 0x${code.toString(16)}: ${wanted ? "yes" : "no"}`, () => {
      for (const step of steps) assert.strictEqual(mayRepeat(failed(step, rejected(code))), wanted, step)
      assert.strictEqual(passingError(code) !== undefined, wanted)
      // The switch and the reset are no part of an image.
      for (const step of ["dload", "reset"] as const) assert.isFalse(mayRepeat(failed(step, rejected(code))), step)
    })
  }

  it("never after a code that no document knows, however large", () => {
    for (const code of [0x1b, 0xff, 0x1_0004, 0xffff_ffff]) assert.isFalse(mayRepeat(failed("write", rejected(code))))
  })

  it("after a status: of a chunk 1 and 2, of Close any, of Open none", () => {
    for (const status of [1, 2, 3, 7, 0xffff]) {
      assert.strictEqual(mayRepeat(failed("write", badStatus(status), 0)), status <= 2)
      assert.isTrue(mayRepeat(failed("close", badStatus(status))))
      assert.isFalse(mayRepeat(failed("open", badStatus(status))))
      assert.isFalse(mayRepeat(failed("hello", badStatus(status))))
    }
  })

  it("after silence and a wrong number", () => {
    for (const step of steps) assert.isTrue(mayRepeat(failed(step, noAnswer)))
    assert.isTrue(mayRepeat(failed("write", { _tag: "WrongSequence", wanted: 1, found: 2 }, 1)))
    assert.isFalse(mayRepeat(failed("dload", noAnswer)))
  })

  it("never where it is no longer the port or the file, or nothing of the conversation", () => {
    assert.isFalse(mayRepeat(failed("hello", { _tag: "StillDiagnostic" })))
    assert.isFalse(mayRepeat(failed("open", { _tag: "EchoesAt" })))
    assert.isFalse(mayRepeat(failed("write", { _tag: "SpeaksSahara" })))
    assert.isFalse(mayRepeat(failed("write", { _tag: "ImageChanged", wanted: "a", found: "b" })))
    for (const reason of [
      { _tag: "Unplugged" },
      { _tag: "Stalled", millis: 1 },
      { _tag: "IoFailed", detail: "x" }
    ] as const) {
      assert.isFalse(mayRepeat(new TransportError({ endpoint, operation: "write", reason })))
    }
    assert.isFalse(mayRepeat({ _tag: "FlowError" }))
  })
})

describe("the pause before it", () => {
  const seconds = (error: QdlError, attempt: number, last = 4) => Duration.toSeconds(pauseAfter(error, attempt, last))

  it("is short after an answer", () => {
    const nak = failed("write", badStatus(1), 4)
    assert.deepStrictEqual(
      [1, 2, 3].map((attempt) => seconds(nak, attempt)),
      [1, 3, 3]
    )
  })

  it("is longer than a boot loader waits for the rest of a chunk after silence", () => {
    for (const error of [failed("hello", noAnswer), failed("open", noAnswer), failed("write", noAnswer, 3)]) {
      assert.isAbove(seconds(error, 1), 10)
    }
  })

  it("leaves a modem that has everything time to program", () => {
    for (const error of [failed("write", noAnswer, 4), failed("close", noAnswer)]) {
      assert.isAtLeast(seconds(error, 1), 90)
      assert.isAtMost(seconds(error, 2), Duration.toSeconds(longestPause))
    }
  })
})

describe("the failure that is reported", () => {
  const write = failed("write", badStatus(1), 2)

  it("is the first one where a later try did not come further", () => {
    for (const later of [
      failed("hello", noAnswer),
      failed("hello", rejected(0x05)),
      failed("open", rejected(0x0f)),
      failed("write", noAnswer, 0),
      failed("write", badStatus(1), 2)
    ]) {
      assert.strictEqual(furthest(write, later), write)
    }
  })

  it("is that of the try that came further", () => {
    for (const later of [failed("write", rejected(0x1a), 4), failed("close", rejected(0x10))]) {
      assert.strictEqual(furthest(write, later), later)
    }
    const open = failed("open", rejected(0x12))
    assert.strictEqual(furthest(failed("hello", noAnswer), open), open)
  })

  it("is always that of the port or the file", () => {
    const gone = new TransportError({ endpoint, operation: "read", reason: { _tag: "Unplugged" } })
    assert.strictEqual(furthest<QdlError | TransportError>(write, gone), gone)
    const changed = failed("write", { _tag: "ImageChanged", wanted: "a", found: "b" }, 0)
    assert.strictEqual(furthest(write, changed), changed)
  })
})
