import { assert, describe, it } from "@effect/vitest"
import { errorName, isNotSupported, QmiErrorCode } from "../../../src/protocol/qmi/error-code.ts"
import { U16 } from "../bytes.ts"

/** The rows of qmi.md §9, and the firmware related codes below them. */
const document = `
  0 None 1 MalformedMessage 2 NoMemory 3 Internal 4 Aborted 5 ClientIdsExhausted 6 UnabortableTransaction 7
  InvalidClientId 8 NoThresholdsProvided 9 InvalidHandle 10 InvalidProfile 11 InvalidPinId 12 IncorrectPin 13
  NoNetworkFound 14 CallFailed 15 OutOfCall 16 NotProvisioned 17 MissingArgument 19 ArgumentTooLong 22
  InvalidTransactionId 23 DeviceInUse 24 NetworkUnsupported 25 DeviceUnsupported 26 NoEffect 27 NoFreeProfile 28
  InvalidPdpType 29 InvalidTechnologyPreference 30 InvalidProfileType 31 InvalidServiceType 32
  InvalidRegisterAction 33 InvalidPsAttachAction 34 AuthenticationFailed 35 PinBlocked 36 PinAlwaysBlocked 37
  UimUninitialized 38 MaximumQosRequestsInUse 39 IncorrectFlowFilter 40 NetworkQosUnaware 41 InvalidQosId 42
  RequestedNumberUnsupported 43 InterfaceNotFound 44 FlowSuspended 45 InvalidDataFormat 46 GeneralError 47
  UnknownError 48 InvalidArgument 49 InvalidIndex 50 NoEntry 51 DeviceStorageFull 52 DeviceNotReady 53
  NetworkNotReady 54 WmsCauseCode 55 WmsMessageNotSent 56 WmsMessageDeliveryFailure 57 WmsInvalidMessageId 58
  WmsEncoding 59 AuthenticationLock 60 InvalidTransition 61 NotMcastInterface 62 MaximumMcastRequestsInUse 63
  InvalidMcastHandle 64 InvalidIpFamilyPreference 65 SessionInactive 66 SessionInvalid 67 SessionOwnership 68
  InsufficientResources 69 Disabled 70 InvalidOperation 71 InvalidQmiCommand 72 WmsTPduType 73 WmsSmscAddress 74
  InformationUnavailable 75 SegmentTooLong 76 SegmentOrder 77 BundlingNotSupported 78 OperationPartialFailure 79
  PolicyMismatch 80 SimFileNotFound 81 ExtendedInternal 82 AccessDenied 83 HardwareRestricted 84 AckNotSent 85
  InjectTimeout 90 IncompatibleState 91 FdnRestrict 92 SupsFailureCase 93 NoRadio 94 NotSupported 95
  NoSubscription 96 CardCallControlFailed 97 NetworkAborted 98 MsgBlocked 100 InvalidSessionType 101
  InvalidPbType 102 NoSim 103 PbNotReady 113 PbNotAvailable 114 DeviceMemoryError 115 NoPermission 116 TooSoon
  117 TimeNotAcquired 118 OperationInProgress
  388 FwWriteFailed 389 FwInfoReadFailed 390 FwFileNotFound 391 FwDirNotFound 392 FwAlreadyActivated
  393 FwCannotGenericImage 400 FwFileOpenFailed 401 FwUpdateDiscontinuousFrame 402 FwUpdateFailed`

describe("QMI error codes", () => {
  it("are those of qmi.md §9, each once", () => {
    const words = document.trim().split(/\s+/)
    const wanted = words.flatMap((word, i) => (i % 2 === 0 ? [[words[i + 1], Number(word)] as const] : []))
    assert.deepStrictEqual(Object.entries(QmiErrorCode), wanted)
    for (const [name, code] of wanted) assert.strictEqual(errorName(code ?? -1), name)
  })

  it("have the group's name where the document names a group", () => {
    for (const code of [104, 108, 112]) assert.strictEqual(errorName(code), "PinPukOrPhonebookRestriction")
    for (const code of [61441, 61443, 61445]) assert.strictEqual(errorName(code), "CardToolkit")
  })

  it("are Unknown where the document has none", () => {
    for (const code of [18, 20, 21, 86, 89, 99, 119, 387, 394, 403, 61440, 61446, 65535]) {
      assert.strictEqual(errorName(code), "Unknown")
    }
  })

  it.prop("mean a missing feature for 71, 94 and 25 only", [U16], ([code]) => {
    assert.strictEqual(isNotSupported(code), [71, 94, 25].includes(code))
    for (const one of [71, 94, 25]) assert.isTrue(isNotSupported(one))
  })
})
