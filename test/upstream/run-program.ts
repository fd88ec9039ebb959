/** Programs that know nothing of us, run to their end. */
import * as Effect from "effect/Effect"
import { spawn } from "node:child_process"

export interface Exit {
  readonly status: number | null
  readonly output: string
}

/** Runs a program to its end; both its streams as one text. Killed when the scope closes before. */
export const runProgram = (command: string, args: ReadonlyArray<string>): Effect.Effect<Exit> =>
  Effect.callback<Exit>((resume) => {
    const child = spawn(command, args, { stdio: ["ignore", "pipe", "pipe"], detached: true })
    let output = ""
    const collect = (text: Buffer) => (output += text.toString())
    child.stdout.on("data", collect)
    child.stderr.on("data", collect)
    child.on("error", (error) => resume(Effect.succeed({ status: null, output: String(error) })))
    child.on("close", (status) => resume(Effect.succeed({ status, output })))
    return Effect.sync(() => {
      // With everything that it started.
      if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL")
    })
  })
