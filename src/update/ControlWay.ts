/** Whether a modem is asked and driven by QMI or by AT: what `--by-at` chooses. */
import * as Context from "effect/Context"

/**
 * Provide it around planning and reading facts. `auto`: by QMI, and by AT where there is no usable control port (no
 * driver, or MBIM without QMI inside). `at`: by AT whatever the control port is.
 */
export const ControlWay = Context.Reference<"auto" | "at">("boothold/update/ControlWay", {
  defaultValue: () => "auto"
})
