import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { Worker } from "node:worker_threads"
import { loadBinding } from "../../src/live/binding.ts"

const source = new URL("../../src/live/binding.ts", import.meta.url).href

describe("the native module", () => {
  it("is loaded once", () => {
    assert.strictEqual(loadBinding(), loadBinding())
    assert.isFunction(loadBinding().Poller)
  })

  it.live("is refused in a worker thread, where its events would never arrive", () =>
    Effect.gen(function* () {
      const said = yield* Effect.callback<string>((resume) => {
        const code = `
          import(${JSON.stringify(source)}).then(({ loadBinding }) => {
            try { loadBinding(); return "loaded" } catch (error) { return error.message }
          }).then((text) => require("node:worker_threads").parentPort.postMessage(text))`
        const worker = new Worker(code, { eval: true })
        worker.on("message", (text: string) => resume(Effect.succeed(text)))
        worker.on("error", (error) => resume(Effect.die(error)))
        return Effect.promise(() => worker.terminate())
      })
      assert.strictEqual(said, "serial ports can be used in the main thread only")
    })
  )
})
