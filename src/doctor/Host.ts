/** The computer, as far as an update depends on it. `boothold/live` reads this one's; a simulated modem needs none. */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type { UsbDevice } from "../device/UsbBus.ts"
import type { DeviceFacts, HostFacts } from "./facts.ts"

export interface Host {
  readonly facts: Effect.Effect<HostFacts>
  readonly device: (device: UsbDevice) => Effect.Effect<DeviceFacts>
}

/** `undefined`: modems on this bus are this process's own, and the computer is of no matter to them. */
export const Host = Context.Reference<Host | undefined>("boothold/doctor/Host", { defaultValue: () => undefined })
