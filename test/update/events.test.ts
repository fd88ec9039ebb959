import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Sim from "../../src/sim/index.ts"
import { emit, EventSink, UpdateEvent } from "../../src/update/events.ts"
import { images9x30, simulate } from "../support/simulated-update.ts"

const codec = Schema.fromJsonString(Schema.toCodecJson(UpdateEvent))
const encode = Schema.encodeSync(codec)
const decode = Schema.decodeUnknownSync(codec)

/** JSON has no -0, and no event means it. */
const withoutMinusZero = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(withoutMinusZero)
  if (typeof value === "object" && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, withoutMinusZero(inner)]))
  }
  return Object.is(value, -0) ? 0 : value
}

const everyTag = Object.keys(UpdateEvent.cases)

describe("the events of a run", () => {
  it.prop("each survive a trip through JSON", [UpdateEvent], ([event]) => {
    assert.deepStrictEqual(decode(encode(event)), withoutMinusZero(event))
  })

  it.effect("of simulated runs all survive it, and between them every kind of event happens", () =>
    Effect.gen(function* () {
      const { behaviour, em7455 } = Sim
      const seen = new Set<string>()
      const runs = [
        yield* simulate(em7455(), { files: images9x30 }),
        // It has both images already, is sent them all the same, and says so.
        yield* simulate(
          em7455({
            firmware: "02.33.03.00",
            config: "002.072_000",
            carrier: "GENERIC",
            behaviours: [behaviour("imageNotRequired")]
          }),
          { files: images9x30, plan: { overrideDownload: true } }
        ),
        // Its preference fits none of its images, so it is in low power: a warning.
        yield* simulate(em7455({ preference: { firmware: "02.24.05.06", carrier: "ATT", config: "002.026_000" } }), {
          files: images9x30
        }),
        yield* simulate(em7455({ behaviours: [behaviour("hang", { where: "hello" })] }), { files: images9x30 }),
        yield* simulate(em7455(), {
          files: images9x30,
          interruptOn: (event) => event._tag === "ImageProgress"
        }),
        yield* simulate(em7455({ behaviours: [behaviour("oldFirmwareComesBack")] }), { files: images9x30 }),
        // It lacks 0x003E and is held by the second way.
        yield* simulate(em7455(), { files: images9x30, mode: "hold" })
      ]
      for (const { events } of runs) {
        assert.strictEqual(events[0]?._tag, "RunStarted")
        for (const event of events) {
          seen.add(event._tag)
          assert.deepStrictEqual(decode(encode(event)), event)
        }
      }
      const missing = everyTag.filter((tag) => !seen.has(tag))
      assert.deepStrictEqual(missing, [])
    })
  )

  it.effect("count the bytes of each image up to its end", () =>
    Effect.gen(function* () {
      const { events } = yield* simulate(Sim.em7455(), { files: images9x30 })
      const images = events.flatMap((event) => (event._tag === "ImageStarted" ? [event] : []))
      assert.deepStrictEqual(
        images.map(({ number, of, role }) => [number, of, role]),
        [
          [1, 2, "system"],
          [2, 2, "carrier"]
        ]
      )
      for (const { bytes, image } of images) {
        const progress = events.flatMap((event) =>
          event._tag === "ImageProgress" && event.image === image ? [event] : []
        )
        assert.isAbove(progress.length, 0)
        assert.strictEqual(progress.at(-1)?.sent, bytes)
        assert.strictEqual(progress.at(-1)?.secondsLeft, 0)
        for (const [index, one] of progress.entries()) {
          assert.strictEqual(one.bytes, bytes)
          assert.isAbove(one.sent, progress[index - 1]?.sent ?? 0)
          assert.isTrue(Number.isFinite(one.bytesPerSecond) && one.bytesPerSecond > 0)
        }
      }
    })
  )

  it("are refused when they are not what they say", () => {
    for (const text of [
      "{}",
      '{"_tag":"Note"}',
      '{"_tag":"Unheard","step":"x"}',
      '{"_tag":"ImageProgress","image":"a","sent":1.5,"bytes":2,"bytesPerSecond":1,"secondsLeft":1}',
      '{"_tag":"RunInterrupted","step":"x","condition":{"_tag":"HalfWritten"},"next":"y"}'
    ])
      assert.throws(() => decode(text))
  })

  it.effect("go nowhere unless somebody listens", () =>
    Effect.gen(function* () {
      const heard: Array<string> = []
      yield* emit({ _tag: "Programming", image: "a" })
      yield* emit({ _tag: "Programming", image: "b" }).pipe(
        Effect.provideService(EventSink, (event) => Effect.sync(() => void heard.push(JSON.stringify(event))))
      )
      assert.deepStrictEqual(heard, ['{"_tag":"Programming","image":"b"}'])
    })
  )
})
