/**
 * Where behaviours act. The modem's parts ask {@link Faults} at each named point what goes wrong there and do it; no part
 * knows a behaviour by name. Behaviours compose: each answers for itself, all answers are taken.
 */
import type { PortRole } from "../device/UsbBus.ts"
import { ErrorCode, OpenStatus } from "../protocol/qdl/command.ts"
import type { Behaviour } from "./behaviours.ts"
import type { Mode } from "./ModemState.ts"

export type Point =
  | { readonly _tag: "Enumerating"; readonly mode: Mode }
  | { readonly _tag: "PortAppearing"; readonly role: PortRole }
  | { readonly _tag: "Opened"; readonly role: PortRole }
  | { readonly _tag: "Sending"; readonly role: PortRole }
  | { readonly _tag: "ControlReady" }
  /** CTL Allocate CID. */
  | { readonly _tag: "Allocate" }
  | { readonly _tag: "QmiRequest"; readonly service: number; readonly message: number }
  /** A request that the model does not have. */
  | { readonly _tag: "QmiMissing" }
  | { readonly _tag: "DmsQueue" }
  /** Its descriptors are made. */
  | { readonly _tag: "MbimDescribed" }
  | { readonly _tag: "MbimStarting" }
  | { readonly _tag: "MbimOpen" }
  | { readonly _tag: "MbimClose" }
  | { readonly _tag: "MbimCommand" }
  /** Whether the MBIM function has the QMI service. */
  | { readonly _tag: "MbimService" }
  | { readonly _tag: "AtOpened" }
  | { readonly _tag: "AtCommand"; readonly command: string; readonly form: string }
  | { readonly _tag: "Dload" }
  | { readonly _tag: "Hello"; readonly version: number }
  | { readonly _tag: "Open"; readonly image: number; readonly stored: boolean }
  /** Half of the chunk's data is there. */
  | { readonly _tag: "HalfChunk"; readonly image: number; readonly chunk: number }
  /** The chunk is whole; its acknowledgement is due. */
  | { readonly _tag: "Chunk"; readonly image: number; readonly chunk: number; readonly last: boolean }
  | { readonly _tag: "Close"; readonly image: number }
  | { readonly _tag: "Reset" }
  | { readonly _tag: "Booting" }

export type Fault =
  | { readonly _tag: "Silent" }
  | { readonly _tag: "Hang" }
  /** A QMI error code or a QDL Error code, after the protocol of the point. */
  | { readonly _tag: "Refused"; readonly code: number }
  | { readonly _tag: "Status"; readonly status: number }
  | { readonly _tag: "WrongSequence" }
  | { readonly _tag: "Leave"; readonly comesBack: boolean }
  | { readonly _tag: "Diag" }
  | { readonly _tag: "Echo" }
  | { readonly _tag: "Slow"; readonly millis: number }
  | { readonly _tag: "Moved"; readonly path: string; readonly peer: boolean }
  | { readonly _tag: "Stale"; readonly bytes: Uint8Array }
  | { readonly _tag: "Split"; readonly pieces: number; readonly millis: number }
  | { readonly _tag: "Merge"; readonly millis: number }
  | { readonly _tag: "Locked" }
  | { readonly _tag: "Password"; readonly password: string }
  | { readonly _tag: "GoneFirst" }
  | { readonly _tag: "EchoOff" }
  | { readonly _tag: "Unsolicited"; readonly text: string }
  | { readonly _tag: "Foreign" }
  | { readonly _tag: "OneByOne" }
  /** Answered, not done. */
  | { readonly _tag: "Ignored" }
  /** Of the MBIM function: it says that it is not open. */
  | { readonly _tag: "NotOpened" }
  | { readonly _tag: "Missing" }
  | { readonly _tag: "Limit"; readonly bytes: number }
  | { readonly _tag: "OldImages" }
  | { readonly _tag: "NoCarrier" }
  | { readonly _tag: "FactorySettings" }
  | { readonly _tag: "NoSwitch" }
  | { readonly _tag: "Hold" }

type FaultOf<Tag extends Fault["_tag"]> = Extract<Fault, { readonly _tag: Tag }>

/** What goes wrong at a point, in the order of the behaviours. Counts: asking is happening. */
export type Faults = (point: Point) => ReadonlyArray<Fault>

export const find = <Tag extends Fault["_tag"]>(faults: ReadonlyArray<Fault>, tag: Tag): FaultOf<Tag> | undefined =>
  faults.find((fault): fault is FaultOf<Tag> => fault._tag === tag)

/** Version 2, compatible 1, 1024 bytes, mode 3: the example of sahara-firehose.md §2. */
const saharaHello = Uint8Array.of(
  ...[0x01, 0, 0, 0, 0x30, 0, 0, 0, 0x02, 0, 0, 0, 0x01, 0, 0, 0, 0x00, 0x04, 0, 0, 0x03, 0, 0, 0],
  ...new Uint8Array(24)
)

/** DMS Get Firmware Preference (qmi.md §6.3). */
const preferenceQuery = 0x0047
const dmsService = 0x02

const limited = (times: number | undefined, act: (point: Point) => Fault | undefined) => {
  let left = times ?? Number.POSITIVE_INFINITY
  return (point: Point): Fault | undefined => {
    if (left <= 0) return undefined
    const fault = act(point)
    if (fault !== undefined) left--
    return fault
  }
}

const acts = (behaviour: Behaviour): ((point: Point) => Fault | undefined) => {
  const b = behaviour
  switch (b._tag) {
    case "silentHello":
      return (p) => (p._tag === "Hello" ? { _tag: "Silent" } : undefined)
    case "silentDload":
      return (p) => (p._tag === "Dload" ? { _tag: "Silent" } : undefined)
    case "staleBytes":
      return (p) => (p._tag === "Opened" && p.role === b.where ? { _tag: "Stale", bytes: b.bytes } : undefined)
    case "splitAnswers":
      return (p) =>
        p._tag === "Sending" && (b.where ?? p.role) === p.role
          ? { _tag: "Split", pieces: b.pieces, millis: b.delay }
          : undefined
    case "mergedAnswers":
      return (p) =>
        p._tag === "Sending" && (b.where ?? p.role) === p.role ? { _tag: "Merge", millis: b.delay } : undefined
    case "nakOpen": {
      let before = 0
      return (p) =>
        p._tag !== "Open" || p.image !== b.image || before++ < (b.behind ?? 0)
          ? undefined
          : b.status !== undefined
            ? { _tag: "Status", status: b.status }
            : { _tag: "Refused", code: b.code ?? ErrorCode.OperationFailed }
    }
    case "nakWrite":
      return (p) =>
        p._tag !== "Chunk" || p.image !== b.image || p.chunk !== b.chunk
          ? undefined
          : b.status !== undefined
            ? { _tag: "Status", status: b.status }
            : { _tag: "Refused", code: b.code ?? ErrorCode.OperationFailed }
    case "nakClose":
      return (p) =>
        p._tag !== "Close" || p.image !== b.image
          ? undefined
          : b.status !== undefined
            ? { _tag: "Status", status: b.status }
            : { _tag: "Refused", code: b.code ?? ErrorCode.CloseFailed }
    case "answerLost":
      return (p) => (hangs(b, p) ? { _tag: "Silent" } : undefined)
    case "wrongSequence":
      return (p) =>
        p._tag === "Chunk" && p.image === b.image && p.chunk === b.chunk ? { _tag: "WrongSequence" } : undefined
    case "disconnectInChunk":
      return (p) =>
        p._tag === "HalfChunk" && p.image === b.image && p.chunk === b.chunk
          ? { _tag: "Leave", comesBack: b.comesBack ?? true }
          : undefined
    case "hang":
      return (p) => (hangs(b, p) ? { _tag: "Hang" } : undefined)
    case "latePort":
      return (p) => (p._tag === "PortAppearing" && p.role === b.role ? { _tag: "Slow", millis: b.delay } : undefined)
    case "otherPortPath":
      return (p) =>
        p._tag === "Enumerating" && p.mode === b.on ? { _tag: "Moved", path: b.path, peer: b.peer ?? false } : undefined
    case "oldFirmwareComesBack":
      return (p) => (p._tag === "Reset" ? { _tag: "OldImages" } : undefined)
    case "carrierNotApplied":
      return (p) => (p._tag === "Reset" ? { _tag: "NoCarrier" } : undefined)
    case "settingsLost":
      return (p) => (p._tag === "Reset" ? { _tag: "FactorySettings" } : undefined)
    case "switchFails":
      return (p) => (p._tag === "Booting" ? { _tag: "NoSwitch" } : undefined)
    case "staysInBootAndHold":
      return (p) => (p._tag === "Reset" ? { _tag: "Hold" } : undefined)
    case "preferenceQueryUnanswered":
      return (p) =>
        p._tag === "QmiRequest" && p.service === dmsService && p.message === preferenceQuery
          ? { _tag: "Silent" }
          : undefined
    case "qmiNotReadyAfterBoot":
      return (p) => (p._tag === "ControlReady" ? { _tag: "Slow", millis: b.seconds * 1000 } : undefined)
    case "slowBoot":
      return (p) => (p._tag === "Booting" ? { _tag: "Slow", millis: b.seconds * 1000 } : undefined)
    case "diagFirst":
      return (p) => (p._tag === "Dload" ? { _tag: "Diag" } : undefined)
    case "saharaInstead":
      return (p) =>
        p._tag === "Opened" && p.role === "download"
          ? { _tag: "Stale", bytes: saharaHello }
          : p._tag === "Dload" || p._tag === "Hello"
            ? { _tag: "Silent" }
            : undefined
    case "echoesDownload":
      return (p) => (p._tag === "Dload" ? { _tag: "Echo" } : undefined)
    case "errorToHello":
      return (p) =>
        p._tag === "Hello" && b.versions.includes(p.version)
          ? { _tag: "Refused", code: b.code ?? ErrorCode.InvalidCommand }
          : undefined
    case "mbimForgetsOpen": {
      let commands = 0
      return (p) => (p._tag === "MbimCommand" && ++commands === b.after + 1 ? { _tag: "NotOpened" } : undefined)
    }
    case "mbimSmallTransfers":
      return (p) => (p._tag === "MbimDescribed" ? { _tag: "Limit", bytes: b.bytes } : undefined)
    case "mbimNeedsClose":
      return (p) => (p._tag === "MbimStarting" ? { _tag: "NotOpened" } : undefined)
    case "qmiOverMbimMissing":
      return (p) => (p._tag === "MbimService" ? { _tag: "Missing" } : undefined)
    case "slowMbimClose":
      return (p) => (p._tag === "MbimClose" ? { _tag: "Slow", millis: b.seconds * 1000 } : undefined)
    case "atNeedsEnterCnd":
      return (p) => (p._tag === "AtCommand" && p.command === "!BOOTHOLD" ? { _tag: "Locked" } : undefined)
    case "portGoneBeforeOk":
      return (p) => (p._tag === "AtCommand" && p.command === "!BOOTHOLD" ? { _tag: "GoneFirst" } : undefined)
    case "atEchoOff":
      return (p) => (p._tag === "AtOpened" ? { _tag: "EchoOff" } : undefined)
    case "atPassword":
      return (p) =>
        p._tag === "AtCommand" && p.command === "!ENTERCND" ? { _tag: "Password", password: b.password } : undefined
    case "atRefuses":
      return (p) =>
        p._tag === "AtCommand" && p.command === b.command.toUpperCase() && (b.form ?? p.form) === p.form
          ? { _tag: "Refused", code: 0 }
          : undefined
    case "atIgnores":
      return (p) =>
        p._tag === "AtCommand" && p.command === b.command.toUpperCase() && p.form === "set"
          ? { _tag: "Ignored" }
          : undefined
    case "unsolicitedLine":
      return (p) => (p._tag === "AtCommand" ? { _tag: "Unsolicited", text: b.text } : undefined)
    case "slotsFull":
      return (p) => (p._tag === "Open" ? { _tag: "Refused", code: ErrorCode.OutOfSpace } : undefined)
    case "notSupportedCode":
      return (p) => (p._tag === "QmiMissing" ? { _tag: "Refused", code: b.code } : undefined)
    case "qmiRefuses":
      return (p) =>
        p._tag === "QmiRequest" && p.service === dmsService && p.message === b.message
          ? { _tag: "Refused", code: b.code ?? 71 }
          : undefined
    case "qmiIgnores":
      return (p) =>
        p._tag === "QmiRequest" && p.service === dmsService && p.message === b.message ? { _tag: "Ignored" } : undefined
    case "clientIdsExhausted":
      return (p) => (p._tag === "Allocate" ? { _tag: "Refused", code: 5 } : undefined)
    case "foreignTraffic":
      return (p) => (p._tag === "QmiRequest" ? { _tag: "Foreign" } : undefined)
    case "serialisesDms":
      return (p) => (p._tag === "DmsQueue" ? { _tag: "OneByOne" } : undefined)
    case "slowLastChunk":
      return (p) => (p._tag === "Chunk" && p.last ? { _tag: "Slow", millis: b.seconds * 1000 } : undefined)
    case "imageNotRequired":
      return (p) =>
        p._tag === "Open" && p.stored ? { _tag: "Status", status: OpenStatus.imageNotRequired } : undefined
  }
}

/** Whether `p` is the point that `b` names. */
const hangs = (b: Extract<Behaviour, { readonly _tag: "hang" | "answerLost" }>, p: Point): boolean => {
  const here = (image: number, chunk?: number): boolean =>
    (b.image ?? image) === image && (chunk === undefined || (b.chunk ?? chunk) === chunk)
  switch (b.where) {
    case "dload":
      return p._tag === "Dload"
    case "hello":
      return p._tag === "Hello"
    case "open":
      return p._tag === "Open" && here(p.image)
    case "write":
      return p._tag === "Chunk" && here(p.image, p.chunk)
    case "close":
      return p._tag === "Close" && here(p.image)
    case "control":
      return p._tag === "QmiRequest" || p._tag === "Allocate"
    case "mbim":
      return p._tag === "MbimOpen"
    case "at":
      return p._tag === "AtCommand"
    case "boot":
      return p._tag === "Booting"
  }
}

export const makeFaults = (behaviours: ReadonlyArray<Behaviour>): Faults => {
  const all = behaviours.map((behaviour) =>
    limited("times" in behaviour ? behaviour.times : undefined, acts(behaviour))
  )
  return (point) =>
    all.flatMap((act) => {
      const fault = act(point)
      return fault === undefined ? [] : [fault]
    })
}
