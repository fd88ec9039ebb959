/** CTL, the service that hands out clients (CIDs) of the other services. Always client 0. Source: qmi.md §3, §4. */
import { message, optional, tlv } from "./Message.ts"
import { Service } from "./Service.ts"
import { array, bool, choice, string, struct, u16, u8 } from "./tlv.ts"

/** Every CTL message goes to this client id. */
export const CTL_CLIENT = 0

const service = Service.CTL
const allocation = struct({ service: u8, client: u8 })

export const SetInstanceId = message({
  name: "Set Instance ID",
  service,
  id: 0x0020,
  request: { instance: tlv(0x01, u8) },
  response: { link: tlv(0x01, u16) }
})

/** Answers on any modem and changes nothing: a check that somebody is there (§11.2). */
export const GetVersionInfo = message({
  name: "Get Version Info",
  service,
  id: 0x0021,
  request: {},
  response: { services: tlv(0x01, array(struct({ service: u8, major: u16, minor: u16 }))) }
})

/** The service of the answer must be compared with the one that was asked for. */
export const AllocateCid = message({
  name: "Allocate CID",
  service,
  id: 0x0022,
  request: { service: tlv(0x01, u8) },
  response: { allocation: tlv(0x01, allocation) }
})

export const ReleaseCid = message({
  name: "Release CID",
  service,
  id: 0x0023,
  request: { allocation: tlv(0x01, allocation) },
  response: { allocation: optional(0x01, allocation) }
})

export const LinkProtocol = { "802.3": 1, "raw-ip": 2 } as const

export const SetDataFormat = message({
  name: "Set Data Format",
  service,
  id: 0x0026,
  request: { qosHeader: tlv(0x01, bool), linkProtocol: optional(0x10, choice(u16, LinkProtocol)) },
  response: { linkProtocol: optional(0x10, choice(u16, LinkProtocol)) }
})

/**
 * Makes the modem free all CIDs, also those of other programs (§2.2). Asked again every 2 s while a modem boots.
 * As an indication: the modem did so by itself.
 */
export const Sync = message({ name: "Sync", service, id: 0x0027, deadlineMillis: 2_000, request: {}, response: {} })

/** To qmi-proxy only, and first: which device the connection is for. */
export const ProxyOpen = message({
  name: "Internal Proxy Open",
  service,
  id: 0xff00,
  deadlineMillis: 5_000,
  request: { path: tlv(0x01, string) },
  response: {}
})

export const ctlMessages = [
  SetInstanceId,
  GetVersionInfo,
  AllocateCid,
  ReleaseCid,
  SetDataFormat,
  Sync,
  ProxyOpen
] as const
