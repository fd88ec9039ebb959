/** All findings for one modem, and those that count for an update that is about to begin. Pure. */
import type { Found } from "../device/Modem.ts"
import { vidPid } from "../device/Modem.ts"
import { rowsOf } from "../device/table/table.ts"
import { bootFindings } from "./boot.ts"
import type { DeviceFacts, HostFacts } from "./facts.ts"
import { doctorCatalogue, finding } from "./Finding.ts"
import type { Finding } from "./Finding.ts"
import { portFindings } from "./ports.ts"
import { hostFindings, placeFindings } from "./surroundings.ts"

export { hostFindings } from "./surroundings.ts"

/** What the device is, before anything else about it counts. */
const standing = ({ modem, standing: stands }: Found): ReadonlyArray<Finding> => {
  if (stands._tag === "refused") return [finding("ModemRefused", "error", `not updated by boothold: ${stands.why}`)]
  const ids = vidPid(modem.device)
  const rows = rowsOf(modem.device)
  return [
    ...(stands._tag === "possible"
      ? [
          finding(
            "IdsUnknown",
            "info",
            `${ids} is in no table; its ports are a modem's`,
            `Name it: \`--usb-path ${modem.identity.portPath}\`.`
          )
        ]
      : []),
    ...(rows.length > 0 && rows.every(({ singleSource }) => singleSource === true)
      ? [finding("IdsOneSource", "info", `one source only says what ${ids} is`)]
      : []),
    ...(modem.mode === "boot-and-hold"
      ? [
          finding(
            "ModemHolds",
            "info",
            "it waits in boot-and-hold for images, and is not asked anything",
            `\`boothold download --usb-path ${modem.identity.portPath} IMAGE…\``
          )
        ]
      : [])
  ]
}

/** What the computer means to this modem; `undefined`: a simulated one, to which it means nothing. */
export interface Surroundings {
  readonly host: HostFacts
  readonly device: DeviceFacts
}

export const modemFindings = (found: Found, around: Surroundings | undefined): ReadonlyArray<Finding> => {
  const { device } = found.modem
  const first = standing(found)
  if (found.standing._tag === "refused" || around === undefined) return first
  return [
    ...first,
    ...portFindings(device, around.host, around.device),
    ...bootFindings(device, around.host, around.device),
    ...placeFindings(device, around.host, around.device)
  ]
}

/** Told by the run itself, with an error of its own, before anything is written. */
const toldAnyway: ReadonlySet<string> = new Set([
  doctorCatalogue.IdsUnknown.code,
  doctorCatalogue.IdsOneSource.code,
  doctorCatalogue.DriverMissing.code,
  doctorCatalogue.ManagerRuns.code
])

/**
 * What an update is warned of, and what stops it. A modem in boot-and-hold is as it is: its run opens the port first
 * and says what is wrong with that.
 */
export const beforeWriting = (
  found: Found,
  around: Surroundings
): { readonly errors: ReadonlyArray<Finding>; readonly warnings: ReadonlyArray<Finding> } => {
  const all = [...modemFindings(found, around), ...hostFindings(around.host)].filter(
    ({ code }) => !toldAnyway.has(code)
  )
  const errors = found.modem.mode === "application" ? all.filter(({ severity }) => severity === "error") : []
  return { errors, warnings: all.filter(({ severity }) => severity === "warning") }
}
