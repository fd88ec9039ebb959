/** Where the kernel tells about itself: other folders in tests and containers. */
import * as Context from "effect/Context"

export interface Roots {
  readonly sys: string
  readonly dev: string
  readonly proc: string
  /** Where /etc, /lib and /run begin; `/` where absent. */
  readonly root?: string
}

export const Roots = Context.Reference<Roots>("boothold/live/Roots", {
  defaultValue: () => ({ sys: "/sys", dev: "/dev", proc: "/proc" })
})
