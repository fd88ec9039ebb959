/** A run has its modem to itself: what the bus does about other programs, as events. */
import * as Effect from "effect/Effect"
import type { Modem } from "../device/Modem.ts"
import { UsbBus } from "../device/UsbBus.ts"
import type { ClaimNotice } from "../device/UsbBus.ts"
import { EventSink } from "./events.ts"
import type { UpdateEvent } from "./events.ts"

const step = "start"

const eventOf = (notice: ClaimNotice): UpdateEvent => {
  const { program } = notice
  switch (notice._tag) {
    case "Held":
      return { _tag: "Note", step, detail: `${program} leaves this modem alone until the end` }
    case "HeldAgain":
      return { _tag: "Note", step, detail: `${program} started anew, and leaves this modem alone again` }
    case "Lost":
      return { _tag: "Warning", step, detail: `${program} may use this modem's ports now: ${notice.detail}` }
  }
}

/** Until the scope ends. */
export const claimModem = Effect.fn("claimModem")(function* ({ device }: Modem) {
  const bus = yield* UsbBus
  // Notices come from a fiber of the bus, which knows nothing of this run.
  const sink = yield* EventSink
  yield* bus.claim(device, (notice) => sink(eventOf(notice)))
})
