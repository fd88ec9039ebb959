/**
 * What a tool said to a modem, as messages: from the bytes that `boothold simulate --transcript` wrote down at the
 * modem's ports. Numbers that the host picks for itself are left out (`freeNumbers` of the allowed differences).
 */
import { createHash } from "node:crypto"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { commandName, QMI_MESSAGE, ServiceId, typeName } from "../../src/protocol/mbim/codes.ts"
import { MbimReader } from "../../src/protocol/mbim/MbimReader.ts"
import { encodeMessage, readHeader, type MbimMessage } from "../../src/protocol/mbim/message.ts"
import { DeviceReceiver, type DeviceInput } from "../../src/protocol/qdl/DeviceReceiver.ts"
import { decodeRequest } from "../../src/protocol/qdl/request.ts"
import { messageName } from "../../src/protocol/qmi/names.ts"
import { QmuxReader, Service, serviceName, type QmuxFrame } from "../../src/protocol/qmi/Qmux.ts"

export const Transfer = Schema.Struct({
  at: Schema.Finite,
  /** Counts how often the modem was on the bus: application, boot-and-hold, application… */
  enumeration: Schema.Int,
  port: Schema.String,
  direction: Schema.Literals(["to-modem", "from-modem"]),
  /** Hex. */
  bytes: Schema.String
})
export type Transfer = typeof Transfer.Type

export interface Message {
  /** Which stay on the bus, and which port of it. */
  readonly place: string
  readonly port: string
  /** For people, and what the two sides are aligned by: `Hello 5`, `DMS Get Model`. */
  readonly name: string
  /** Hex of everything that has to be the same. */
  readonly bytes: string
}

type Part = Pick<Message, "name" | "bytes">

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex")

const hex4 = (value: number): string => value.toString(16).padStart(4, "0")

const qdlName = (payload: Uint8Array): string => {
  const request = decodeRequest(payload)
  if (Result.isFailure(request)) return `unknown QDL request 0x${(payload[0] ?? 0).toString(16)}`
  const { success } = request
  return success._tag === "Hello" ? `Hello ${String(success.maxVersion)}` : success._tag
}

/** One port's reader: what a transfer completes, and what lies unfinished at the end. */
interface Reader {
  readonly push: (bytes: Uint8Array) => ReadonlyArray<Part>
  readonly rest: () => string
}

/** Frames as they came, with their HDLC; a write as its 13 header bytes and the SHA-256 of its data. */
const qdlReader = (): Reader => {
  const receiver = new DeviceReceiver()
  let raw = ""
  let data = createHash("sha256")
  const partOf = (input: DeviceInput): Part | undefined => {
    switch (input._tag) {
      case "Frame":
        return { name: qdlName(input.payload), bytes: raw }
      case "BrokenFrame":
        return { name: "broken frame", bytes: raw }
      case "WriteHeader":
        data = createHash("sha256")
        return input.crcOk && input.lengthOk ? undefined : { name: "broken write", bytes: raw }
      case "WriteData":
        data.update(input.bytes)
        return undefined
      case "WriteEnd":
        return { name: "WriteUnframed", bytes: `${raw} ${data.digest("hex")}` }
    }
  }
  const push = (bytes: Uint8Array): ReadonlyArray<Part> => {
    const parts: Array<Part> = []
    let from = 0
    while (from < bytes.length) {
      // Data all at once, everything else byte by byte: so the raw bytes of each message are known.
      const isData = receiver.missing > 0
      const piece = bytes.subarray(from, isData ? from + receiver.missing : from + 1)
      from += piece.length
      if (!isData) raw += hex(piece)
      for (const input of receiver.push(piece)) {
        const part = partOf(input)
        if (part !== undefined) parts.push(part)
        if (input._tag !== "WriteHeader" && input._tag !== "WriteData") raw = ""
      }
    }
    return parts
  }
  return { push, rest: () => raw }
}

/** Release CID names the client, which the modem has picked: only its service is compared. */
const tlvText = ({ message, service }: QmuxFrame, type: number, value: Uint8Array): string => {
  const kept = service === Service.CTL && message === 0x0023 && type === 0x01 ? value.subarray(0, 1) : value
  return `${type.toString(16).padStart(2, "0")}:${hex(kept)}`
}

const qmiReader = (): Reader => {
  const reader = new QmuxReader()
  const push = (bytes: Uint8Array): ReadonlyArray<Part> =>
    reader.push(bytes).map((read): Part => {
      if (Result.isFailure(read)) return { name: "broken QMUX frame", bytes: read.failure.message }
      const frame = read.success
      const tlvs = frame.tlvs.map(({ type, value }) => tlvText(frame, type, value))
      return {
        name: `${serviceName(frame.service)} ${messageName(frame.service, frame.message)}`,
        bytes: [
          hex4(frame.message),
          frame.kind,
          `control ${String(frame.control)}`,
          ...(frame.compound === true ? ["compound"] : []),
          ...tlvs
        ].join(" ")
      }
    })
  return { push, rest: () => (reader.pending === 0 ? "" : `${String(reader.pending)} bytes`) }
}

/** A QMUX frame in a COMMAND counts as what it says, like one on a QMI port; every other message with all of its bytes. */
const mbimParts = (message: MbimMessage): ReadonlyArray<Part> => {
  const { transaction: _, ...rest } = message
  const bytes = encodeMessage({ ...rest, transaction: 0 })
  const isCommand = message._tag === "Command"
  if (isCommand && message.service === ServiceId.qmi && message.cid === QMI_MESSAGE) {
    const reader = qmiReader()
    const parts = reader.push(message.buffer)
    if (parts.length !== 1 || reader.rest() !== "") return [{ name: "broken QMI message", bytes: hex(bytes) }]
    return parts.map((part) => ({ ...part, bytes: `${message.type} ${part.bytes}` }))
  }
  const name = isCommand ? commandName(message.service, message.cid) : (typeName(readHeader(bytes).type) ?? "")
  return [{ name: `MBIM ${name}`, bytes: hex(bytes) }]
}

const mbimReader = (): Reader => {
  const reader = new MbimReader()
  const push = (bytes: Uint8Array): ReadonlyArray<Part> =>
    reader
      .push(bytes)
      .flatMap((read) =>
        Result.isFailure(read)
          ? [{ name: "broken MBIM message", bytes: read.failure.message }]
          : mbimParts(read.success)
      )
  const rest = () => {
    const left = reader.pending + reader.pendingFragments
    return left === 0 ? "" : `${String(left)} bytes`
  }
  return { push, rest }
}

/** QMI or MBIM, by what the first bytes are: a QMUX frame is longer than its length, a MBIM type has zeros there. */
const controlReader = (): Reader => {
  let first: Uint8Array = new Uint8Array(0)
  let reader: Reader | undefined
  const push = (bytes: Uint8Array): ReadonlyArray<Part> => {
    if (reader !== undefined) return reader.push(bytes)
    first = Buffer.concat([first, bytes])
    if (first.length < 3) return []
    reader = first[1] === 0 && first[2] === 0 ? mbimReader() : qmiReader()
    return reader.push(first)
  }
  return { push, rest: () => (reader === undefined ? hex(first) : reader.rest()) }
}

/** Commands as bytes up to and including their CR. */
const atReader = (): Reader => {
  let open = ""
  const push = (bytes: Uint8Array): ReadonlyArray<Part> => {
    const lines = (open + Buffer.from(bytes).toString("latin1")).split("\r")
    open = lines.pop() ?? ""
    return lines.map((line) => ({ name: line.trim(), bytes: hex(Buffer.from(`${line}\r`, "latin1")) }))
  }
  return { push, rest: () => hex(Buffer.from(open, "latin1")) }
}

const readers: Readonly<Record<string, () => Reader>> = { download: qdlReader, control: controlReader, at: atReader }

/** Ports that no tool should write to (DIAG, NMEA): every transfer is a message. */
const rawReader = (): Reader => ({ push: (bytes) => [{ name: "bytes", bytes: hex(bytes) }], rest: () => "" })

/** Everything the host said, port by port of each stay on the bus, in order. */
export const conversation = (transfers: ReadonlyArray<Transfer>): ReadonlyArray<Message> => {
  const reading = new Map<string, { readonly port: string; readonly reader: Reader }>()
  /** Where a DLOAD switch waits for its answer: asked again meanwhile, it is the same question. */
  const waiting = new Set<string>()
  const messages = transfers.flatMap(({ bytes, direction, enumeration, port }) => {
    const place = `${String(enumeration)} ${port}`
    if (direction === "from-modem") {
      waiting.delete(place)
      return []
    }
    const { reader } = reading.get(place) ?? { reader: (readers[port] ?? rawReader)() }
    reading.set(place, { port, reader })
    return reader.push(Buffer.from(bytes, "hex")).flatMap((part): ReadonlyArray<Message> => {
      const again = part.name === "DloadSwitch" && waiting.has(place)
      if (part.name === "DloadSwitch") waiting.add(place)
      return again ? [] : [{ place, port, ...part }]
    })
  })
  const unfinished = [...reading].flatMap(([place, { port, reader }]) =>
    reader.rest() === "" ? [] : [{ place, port, name: "unfinished", bytes: reader.rest() }]
  )
  return [...messages, ...unfinished]
}

const decodeLine = Schema.decodeUnknownSync(Schema.fromJsonString(Transfer))

/** The lines of a transcript file. Throws for a line that is none. */
export const readTranscript = (text: string): ReadonlyArray<Transfer> =>
  text.split("\n").flatMap((line) => (line === "" ? [] : [decodeLine(line)]))
