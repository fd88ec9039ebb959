/** DMS: operating mode and resets. Source: qmi.md §6.5, §7. */
import { message, optional, tlv } from "./Message.ts"
import { Service } from "./Service.ts"
import { bool, choice, type CodecType, fixedString, flags, u16, u8 } from "./tlv.ts"

const service = Service.DMS

export const OperatingModeValue = {
  online: 0,
  "low-power": 1,
  "factory-test": 2,
  offline: 3,
  reset: 4,
  "shutting-down": 5,
  "persistent-low-power": 6,
  "mode-only-low-power": 7,
  unknown: 0xff
} as const
const operatingMode = choice(u8, OperatingModeValue)
// A number stands for a mode that the document does not know.

/**
 * Why a modem is offline. After a preference that no stored image satisfies it boots the old image in
 * low-power mode with one of the image reasons, until the preference is set back (§6.4).
 */
export const OfflineReasonBit = {
  "host-image-misconfiguration": 1,
  "pri-image-misconfiguration": 2,
  "pri-version-incompatible": 4,
  "device-memory-full": 8
} as const
const offlineReasons = flags(u16, OfflineReasonBit)
/** A number is the value of a bit that the document does not know. */
export type OfflineReason = CodecType<typeof offlineReasons>[number]

export const GetOperatingMode = message({
  name: "Get Operating Mode",
  service,
  id: 0x002d,
  request: {},
  response: {
    mode: tlv(0x01, operatingMode),
    offlineReasons: optional(0x10, offlineReasons),
    hardwareRestricted: optional(0x11, bool)
  }
})

/** A power cycle is `offline`, wait for the answer, then `reset`, wait for the answer (§6.5). */
export const SetOperatingMode = message({
  name: "Set Operating Mode",
  service,
  id: 0x002e,
  request: { mode: tlv(0x01, operatingMode) },
  response: {}
})

export const RestoreFactoryDefaults = message({
  name: "Restore Factory Defaults",
  service,
  id: 0x003a,
  /** The service programming code, exactly 6 characters. */
  request: { servicePassword: tlv(0x01, fixedString(6)) },
  response: {}
})

/** Resets the DMS service of this client, not the modem. */
export const ResetService = message({ name: "Reset", service, id: 0x0000, request: {}, response: {} })

export const powerMessages = [GetOperatingMode, SetOperatingMode, RestoreFactoryDefaults, ResetService] as const
