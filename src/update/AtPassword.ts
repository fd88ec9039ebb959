/** The password of `AT!ENTERCND`: what `--at-password` chooses (at.md §3.1). */
import * as Context from "effect/Context"
import { factoryPassword } from "../protocol/at/commands.ts"

/**
 * Provide it around planning, reading facts and running, where a modem's owner has changed the factory value. 4 to 15
 * printable characters without quotes; others end in `AT_UNSENDABLE` before anything is sent. It is sent where something
 * behind it may need it, and its result is ignored: modems that need no unlock refuse it (at.md §6).
 */
export const AtPassword = Context.Reference<string>("boothold/update/AtPassword", {
  defaultValue: () => factoryPassword
})
