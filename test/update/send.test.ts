/** One try of sending an image: what belongs to it ends with it. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Image from "../../src/file/Image.ts"
import { ImageFiles, inMemory } from "../../src/file/ImageSource.ts"
import { QdlError } from "../../src/session/QdlError.ts"
import type { QdlSession } from "../../src/session/QdlSession.ts"
import { EventSink } from "../../src/update/events.ts"
import { Run } from "../../src/update/Run.ts"
import { sendPayload } from "../../src/update/steps/send.ts"
import { images9x30 } from "../support/simulated-update.ts"
import { errorOf, timed } from "../support/virtual-time.ts"

const refused = new QdlError({ endpoint: "x", step: "write", chunk: 1, reason: { _tag: "BadStatus", status: 1 } })

describe("sending an image", () => {
  it.effect("reads, and tells, nothing more once a chunk was refused", () =>
    Effect.gen(function* () {
      const { images } = yield* Image.openSet(Object.keys(images9x30))
      const [opened] = images
      assert.isDefined(opened)
      const done: Array<string> = []
      const source: typeof opened.source = {
        ...opened.source,
        readInto: (offset, target) =>
          Effect.suspend(() => {
            done.push("read")
            return opened.source.readInto(offset, target)
          }).pipe(Effect.delay("5 seconds"))
      }
      const write: QdlSession["write"] = (sequence) =>
        Effect.delay(sequence === 0 ? Effect.void : Effect.fail(refused), "1 second")
      const never = Effect.die(new Error("nobody asks for it"))
      const qdl: QdlSession = {
        endpoint: "x",
        dloadSwitch: never,
        hello: () => never,
        open: () => never,
        write,
        closeImage: never,
        reset: never,
        release: Effect.void
      }
      // The fiber that sends lives on, as it does between two tries.
      const sending = Effect.catch(sendPayload(qdl, { ...opened, source }), (error) =>
        Effect.gen(function* () {
          yield* Effect.sleep("1 minute")
          done.push("failed")
          return yield* Effect.fail(error)
        })
      )
      const { exit } = yield* timed(sending).pipe(
        Effect.provideService(EventSink, (event) => Effect.sync(() => void done.push(event._tag))),
        Effect.provide(Run.layer)
      )
      assert.strictEqual(errorOf(exit), refused)
      // The first chunk and the second; the third one was being read when the second was refused.
      assert.deepStrictEqual(done, ["read", "read", "ImageProgress", "failed"])
    }).pipe(Effect.scoped, Effect.provideService(ImageFiles, inMemory(images9x30)))
  )
})
