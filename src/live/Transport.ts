/** Which way ports are opened: what `--transport` chooses. Provide it to the live layer. */
import * as Context from "effect/Context"

/**
 * `kernel`: device nodes of the kernel's drivers. `usb`: the device itself, its driver detached. `auto`: device nodes,
 * and the device itself where a port that is needed has had no driver for some seconds.
 */
export type TransportChoice = "auto" | "kernel" | "usb"

export const Transport = Context.Reference<TransportChoice>("boothold/live/Transport", {
  defaultValue: () => "auto"
})
