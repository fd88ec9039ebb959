/** What the process ends with when a signal ends it: 130, unless that is how a command is meant to be ended. */
import * as Context from "effect/Context"

export const Interruption = Context.Reference<{ readonly endsWith: (code: number) => void }>(
  "boothold/cli/Interruption",
  { defaultValue: () => ({ endsWith: () => undefined }) }
)
