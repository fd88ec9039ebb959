/** A logind on a message bus of the test's own: logind.py, with what it has printed. */
import * as Effect from "effect/Effect"
import { spawn, spawnSync } from "node:child_process"
import { fileURLToPath } from "node:url"
import { hasDaemon } from "./system-bus.ts"
import type { PrivateBus } from "./system-bus.ts"

const isThere = (program: string): boolean => spawnSync(program, ["--version"], { stdio: "ignore" }).status === 0

/** What these tests need; they say so where it is missing. */
export const hasLogind = hasDaemon && isThere("python3") && isThere("systemd-inhibit")

const script = fileURLToPath(new URL("logind.py", import.meta.url))

/** On the bus when the effect is done; gone with the scope. `answer` as logind.py takes it. */
export const fakeLogind = Effect.fnUntraced(function* ({ address }: PrivateBus, answer: string) {
  let printed = ""
  const child = yield* Effect.acquireRelease(
    Effect.sync(() =>
      spawn("python3", [script, address.replace("unix:path=", ""), answer], { stdio: ["ignore", "pipe", "inherit"] })
    ),
    (child) => Effect.sync(() => void child.kill("SIGKILL"))
  )
  child.stdout.on("data", (bytes: Buffer) => (printed += bytes.toString()))
  const lines = () => printed.split("\n").filter((line) => line !== "")
  /** Waits until it has printed so many lines, the first being that it is there. */
  const until = (count: number) =>
    Effect.sync(() => lines().length >= count).pipe(
      Effect.delay("10 millis"),
      Effect.repeat({ until: (there) => there }),
      Effect.timeout("10 seconds"),
      Effect.orDie
    )
  yield* until(1)
  return { lines: () => lines().slice(1), until: (count: number) => until(count + 1) }
})
