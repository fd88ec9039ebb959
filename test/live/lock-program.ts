/** Takes the lock of the modem at 1-2 at the given time, says whether it got it, and keeps it until its input ends. */
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import { lockFolder } from "../../src/live/LockFolder.ts"
import { thisProcess } from "../../src/live/owner.ts"

const [folder = "", at = "0"] = process.argv.slice(2)

const ended = Effect.callback<void>((resume) => {
  process.stdin.on("end", () => resume(Effect.void)).resume()
})

const program = Effect.gen(function* () {
  // All at the same moment, as far as a program can.
  yield* Effect.sleep(Math.max(0, Number(at) - Date.now()))
  const got = yield* Effect.result(lockFolder(folder, thisProcess("rival"))({ portPath: "1-2" }))
  const held = Result.isFailure(got) && got.failure.reason._tag === "Held"
  process.stdout.write(Result.isSuccess(got) ? "got it" : held ? "no" : got.failure.message)
  yield* ended
})

await Effect.runPromise(Effect.scoped(program))
