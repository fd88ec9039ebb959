/** What a command has to do with signals: what the process then ends with, and what is said. */
import * as Context from "effect/Context"

/** Both are synchronous: there may be no time for anything else. */
export interface SignalWords {
  /** At the first signal, when the end begins. */
  readonly stopping: () => void
  /** Where the process ends before the command could tell how. */
  readonly last: () => void
}

export interface Interruption {
  /** What the process ends with after a signal: 130, unless that is how a command is meant to be ended. */
  readonly endsWith: (code: number) => void
  /** From now on; undefined when all has been told. */
  readonly says: (words: SignalWords | undefined) => void
}

export const Interruption = Context.Reference<Interruption>("boothold/cli/Interruption", {
  defaultValue: () => ({ endsWith: () => undefined, says: () => undefined })
})
