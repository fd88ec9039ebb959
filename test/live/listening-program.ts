/** Listens to the bus of this computer, stops, and has nothing more to do: the process has to end without being told. */
import * as Effect from "effect/Effect"
import * as Queue from "effect/Queue"
import { UsbBus } from "../../src/device/UsbBus.ts"
import { layer } from "../../src/live/index.ts"

const listen = Effect.gen(function* () {
  const changes = yield* (yield* UsbBus).changes
  // Long enough for the native module to have been loaded and set going.
  yield* Effect.timeoutOption(Effect.forever(Queue.take(changes)), "500 millis")
  process.stdout.write("listened\n")
})

await Effect.runPromise(Effect.provide(Effect.scoped(listen), layer))
process.stdout.write("closed\n")
