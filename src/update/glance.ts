/** What a modem runs, asked in passing: for lists of modems. Reads only, and gives up soon. */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import { parseRevision } from "../device/families/families.ts"
import { portOf } from "../device/Modem.ts"
import type { Modem } from "../device/Modem.ts"
import type { PortInfo } from "../device/UsbBus.ts"
import * as Dms from "../protocol/qmi/dms.ts"
import { SwiGetCurrentFirmware } from "../protocol/qmi/vendor-sierra.ts"
import { qmiDeadlines } from "../session/QmiSession.ts"
import { findAtPort } from "./at-port.ts"
import { openControlSession, usingControl } from "./steps/control.ts"

export interface RunningFirmware {
  readonly firmware: string
  readonly revision: string
  readonly carrier?: string
  readonly config?: string
}

/** `NotAsked`: for a reason that is known before, and nothing was sent. `Untold`: it was asked. */
export type Glance =
  | ({ readonly _tag: "Told" } & RunningFirmware)
  | { readonly _tag: "NotAsked"; readonly why: string }
  | { readonly _tag: "Untold"; readonly why: string }

/** One modem's share of a list; a modem that runs answers in milliseconds. */
const patience = Duration.seconds(3)

const told = (revision: string, more: Omit<RunningFirmware, "firmware" | "revision"> = {}): Glance => {
  const parsed = parseRevision(revision)
  return parsed === undefined
    ? { _tag: "Untold", why: `its revision is not one that boothold can read: ${revision}` }
    : { _tag: "Told", firmware: parsed.firmware, revision, ...more }
}

const byControl = (modem: Modem, port: PortInfo) =>
  usingControl(openControlSession(modem.device, port, { ...qmiDeadlines, alive: patience }), (control) =>
    Effect.gen(function* () {
      const { revision } = yield* control.request(Dms.GetRevision, {})
      // The id means something else to other makers (qmi.md §11.7).
      if (!revision.startsWith("SWI")) return told(revision)
      const current = yield* Effect.result(control.request(SwiGetCurrentFirmware, {}))
      if (Result.isFailure(current)) return told(revision)
      const { carrier, configVersion } = current.success
      return told(revision, {
        ...(carrier === undefined ? {} : { carrier }),
        ...(configVersion === undefined ? {} : { config: configVersion })
      })
    })
  )

const byAt = (modem: Modem) =>
  Effect.map(findAtPort(modem.device), ({ found }): Glance =>
    found === undefined ? { _tag: "Untold", why: "no port of it answers" } : told(found.identification.revision)
  )

/**
 * The firmware of a modem in application mode, over its control port, else over its AT port; within 3 s. Whether its
 * ports are other programs' is for the caller to know. In boot-and-hold nothing is sent.
 */
export const glance = Effect.fn("glance")(function* (modem: Modem) {
  if (modem.mode === "boot-and-hold") {
    const held: Glance = { _tag: "NotAsked", why: "it waits in boot-and-hold" }
    return held
  }
  const control = portOf(modem.device, "control")
  // Straight USB would take the interface from its driver.
  if (control?.driver === "usb") {
    const straight: Glance = { _tag: "NotAsked", why: "its control port has no kernel driver" }
    return straight
  }
  const asked = Effect.scoped(control === undefined ? byAt(modem) : byControl(modem, control))
  return yield* asked.pipe(
    Effect.timeoutOption(patience),
    Effect.map(Option.getOrElse((): Glance => ({ _tag: "Untold", why: "no answer within 3 s" }))),
    Effect.catch((error) => Effect.succeed<Glance>({ _tag: "Untold", why: error.message }))
  )
})
