/**
 * SIGINT, SIGTERM and SIGHUP: the first one interrupts the command, whose end is bounded in time whatever hangs; the
 * second one leaves at once.
 */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Runtime from "effect/Runtime"
import type { SignalWords } from "./Interruption.ts"
import { outlivesTerminal, tracesHere } from "./hangup.ts"
import { isBusy, leave, writeNow } from "./leave.ts"

/** A chunk's acknowledgement has 2 s (session/QdlSession.ts), everything that is let go of afterwards 5 s together. */
export const mostSeconds = 7

/**
 * One Ctrl+C can be two signals: `npm` passes on what the terminal has sent to everybody already, and systemd ends a login
 * with SIGTERM and SIGHUP. Nobody presses it twice within this time.
 */
const sameMillis = 100

/** A command that has ended by then says nothing of its end. */
const promptly = "500 millis"

/** How long files may take to be closed, and between two looks. */
const closing = { tries: 30, millis: 10 } as const

export const stoppingText = `stopping, within ${String(mostSeconds)} s; Ctrl+C (or any signal) once more leaves at once`

export interface SignalOptions {
  /** What the process ends with after a signal. */
  readonly endsWith: () => number
  readonly words: () => SignalWords | undefined
  /** Gives the terminal back as it was. */
  readonly restore: () => void
}

/** Runs the process's main effect to the end of the process. */
export const runMain = (main: Effect.Effect<number>, { endsWith, restore, words }: SignalOptions): void => {
  const signals: ReadonlyArray<NodeJS.Signals> = ["SIGINT", "SIGTERM", "SIGHUP"]
  // Looked at now: when the signal comes the parent is gone.
  const outlives = outlivesTerminal(tracesHere())
  const run = Runtime.makeRunMain(({ fiber, teardown }) => {
    let first: number | undefined
    /** The last words first: what comes after may hang. */
    const leaveNow = (): void => {
      restore()
      words()?.last()
      leave(endsWith())
    }
    const onSignal = (signal: NodeJS.Signals): void => {
      if (signal === "SIGHUP" && outlives) return
      if (first !== undefined) {
        if (performance.now() - first >= sameMillis) leaveNow()
        return
      }
      first = performance.now()
      const said = words()
      said?.stopping()
      if (said === undefined) {
        Effect.runFork(
          Effect.delay(
            Effect.sync(() => writeNow(2, `${stoppingText}\n`)),
            promptly
          )
        )
      }
      Effect.runFork(Effect.delay(Effect.sync(leaveNow), `${mostSeconds} seconds`))
      fiber.interruptUnsafe(fiber.id)
    }
    for (const signal of signals) process.on(signal, onSignal)
    fiber.addObserver((exit) => {
      teardown(exit, (code) => {
        if (first === undefined && code === 0) {
          for (const signal of signals) process.off(signal, onSignal)
          return
        }
        words()?.last()
        const closed = Effect.repeat(Effect.delay(Effect.sync(isBusy), closing.millis), {
          until: (busy) => !busy,
          times: closing.tries
        })
        const end = Effect.sync((): void => {
          leave(code)
        })
        Effect.runFork(isBusy() ? Effect.andThen(closed, end) : end)
      })
    })
  })
  run(main, {
    disableErrorReporting: true,
    teardown: (exit, onExit) => {
      const code = Exit.isSuccess(exit) && typeof exit.value === "number" ? exit.value : endsWith()
      // A pipe may still hold output: it is written before the process is ended.
      if (code === 0) onExit(code)
      else process.stdout.write("", () => onExit(code))
    }
  })
}
