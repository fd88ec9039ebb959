/**
 * Numbers of MBIM 1.0 and their names. Sources: qmi.md §5.1, §5.3 for messages, services and CIDs; USB-IF "Mobile
 * Broadband Interface Model" 1.0, §9.3.4.2 (errors) and §9.4.5 (status codes); the numbers agree with those of public
 * driver headers (OpenBSD `sys/dev/usb/mbim.h`).
 */

/** Message types; the highest bit is set in those of the function. */
export const MessageType = {
  open: 0x0000_0001,
  close: 0x0000_0002,
  command: 0x0000_0003,
  hostError: 0x0000_0004,
  openDone: 0x8000_0001,
  closeDone: 0x8000_0002,
  commandDone: 0x8000_0003,
  functionError: 0x8000_0004,
  indicateStatus: 0x8000_0007
} as const

const typeNames = new Map<number, string>([
  [MessageType.open, "OPEN"],
  [MessageType.close, "CLOSE"],
  [MessageType.command, "COMMAND"],
  [MessageType.hostError, "HOST_ERROR"],
  [MessageType.openDone, "OPEN_DONE"],
  [MessageType.closeDone, "CLOSE_DONE"],
  [MessageType.commandDone, "COMMAND_DONE"],
  [MessageType.functionError, "FUNCTION_ERROR"],
  [MessageType.indicateStatus, "INDICATE_STATUS"]
])

/** `COMMAND_DONE`; `undefined` for a number that is no message type. */
export const typeName = (type: number): string | undefined => typeNames.get(type)

/** In network byte order, as everybody writes UUIDs. */
export const ServiceId = {
  /** QMUX frames, one per message: "ext-qmux". */
  qmi: "d1a30bc2-f97a-6e43-bf65-c7e24fb0f0d3",
  basicConnect: "a289cc33-bcbb-8b4f-b6b0-133ec2aae6df",
  /** To mbim-proxy only. */
  proxy: "838cf7fb-8d0d-4d7f-871e-d71dbefbb39b"
} as const

/** The only command of the QMI service: a QMUX frame there, its answer back. */
export const QMI_MESSAGE = 1
/** Of the proxy's service: which device is meant. */
export const PROXY_CONFIGURATION = 1

export const BasicConnect = {
  deviceCaps: 1,
  subscriberReadyStatus: 2,
  radioState: 3,
  pin: 4,
  pinList: 5,
  homeProvider: 6,
  preferredProviders: 7,
  visibleProviders: 8,
  registerState: 9,
  packetService: 10,
  signalState: 11,
  connect: 12,
  provisionedContexts: 13,
  serviceActivation: 14,
  ipConfiguration: 15,
  deviceServices: 16,
  deviceServiceSubscribeList: 19,
  packetStatistics: 20,
  networkIdleHint: 21,
  emergencyMode: 22,
  ipPacketFilters: 23,
  multicarrierProviders: 24
} as const

/** `deviceCaps` reads "device caps". */
const words = (name: string): string => name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)

const basicConnectNames = new Map<number, string>(Object.entries(BasicConnect).map(([name, cid]) => [cid, words(name)]))

/** `QMI message`, `basic connect: device caps`, or the bare numbers. */
export const commandName = (service: string, cid: number): string => {
  if (service === ServiceId.qmi && cid === QMI_MESSAGE) return "QMI message"
  if (service === ServiceId.proxy && cid === PROXY_CONFIGURATION) return "proxy configuration"
  const known = service === ServiceId.basicConnect ? basicConnectNames.get(cid) : undefined
  return known === undefined ? `${serviceName(service)}: command ${String(cid)}` : `basic connect: ${known}`
}

export const serviceName = (service: string): string => {
  switch (service) {
    case ServiceId.qmi:
      return "QMI"
    case ServiceId.basicConnect:
      return "basic connect"
    case ServiceId.proxy:
      return "proxy"
    default:
      return `service ${service}`
  }
}

/** Status of OPEN_DONE, CLOSE_DONE and COMMAND_DONE. */
export const Status = {
  Success: 0,
  Busy: 1,
  Failure: 2,
  SimNotInserted: 3,
  BadSim: 4,
  PinRequired: 5,
  PinDisabled: 6,
  NotRegistered: 7,
  ProvidersNotFound: 8,
  NoDeviceSupport: 9,
  ProviderNotVisible: 10,
  DataClassNotAvailable: 11,
  PacketServiceDetached: 12,
  MaxActivatedContexts: 13,
  NotInitialized: 14,
  VoiceCallInProgress: 15,
  ContextNotActivated: 16,
  ServiceNotActivated: 17,
  InvalidAccessString: 18,
  InvalidUserNamePassword: 19,
  RadioPowerOff: 20,
  InvalidParameters: 21,
  ReadFailure: 22,
  WriteFailure: 23,
  NoPhonebook: 25,
  ParameterTooLong: 26,
  StkBusy: 27,
  OperationNotAllowed: 28,
  MemoryFailure: 29,
  InvalidMemoryIndex: 30,
  MemoryFull: 31,
  FilterNotSupported: 32,
  DssInstanceLimit: 33,
  InvalidDeviceServiceOperation: 34,
  AuthIncorrectAutn: 35,
  AuthSyncFailure: 36,
  AuthAmfNotSet: 37,
  ContextNotSupported: 38,
  SmsUnknownSmscAddress: 100,
  SmsNetworkTimeout: 101,
  SmsLangNotSupported: 102,
  SmsEncodingNotSupported: 103,
  SmsFormatNotSupported: 104
} as const

/** Errors of HOST_ERROR and FUNCTION_ERROR. */
export const ErrorCode = {
  TimeoutFragment: 1,
  FragmentOutOfSequence: 2,
  LengthMismatch: 3,
  DuplicatedTid: 4,
  NotOpened: 5,
  Unknown: 6,
  Cancel: 7,
  MaxTransfer: 8
} as const

const statusNames = new Map<number, string>(Object.entries(Status).map(([name, status]) => [status, name]))
const errorNames = new Map<number, string>(Object.entries(ErrorCode).map(([name, error]) => [error, name]))

/** `NoDeviceSupport`, or `status 77` for one that MBIM 1.0 does not name. */
export const statusName = (status: number): string => statusNames.get(status) ?? `status ${String(status)}`
/** `NotOpened`, or `error 77`. */
export const errorName = (error: number): string => errorNames.get(error) ?? `error ${String(error)}`
