/** What the commands work on in the place of this computer's own bus and folders: nothing, but in tests of whole commands. */
import * as Context from "effect/Context"
import type * as Layer from "effect/Layer"
import type { UsbBus } from "../device/UsbBus.ts"
import type { History } from "../journal/history.ts"

export interface Surroundings {
  readonly bus: Layer.Layer<UsbBus>
  /** Journal and locks are references; the history is a service. */
  readonly state: Layer.Layer<History>
}

export const Surroundings = Context.Reference<Surroundings | undefined>("boothold/cli/Surroundings", {
  defaultValue: () => undefined
})
