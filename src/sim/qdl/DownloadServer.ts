/**
 * The boot loader on the download port (qdl.md). As strict as the document: order, lengths, checksums, sequence numbers.
 * Where it says nothing, a comment names what is inferred.
 */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import { crc32 } from "../../image/crc32.ts"
import { decodeHeader, HeaderSize, PsbSize } from "../../image/CweHeader.ts"
import type { CweHeader } from "../../image/CweHeader.ts"
import { parseVersion } from "../../image/version.ts"
import { encodeFrame } from "../../protocol/hdlc.ts"
import {
  CloseStatus,
  Command,
  ErrorCode,
  Feature,
  helloFeatures,
  helloMagic,
  ImageType,
  maxChunkLength,
  OpenStatus,
  WriteStatus
} from "../../protocol/qdl/command.ts"
import { DeviceReceiver } from "../../protocol/qdl/DeviceReceiver.ts"
import type { DeviceInput } from "../../protocol/qdl/DeviceReceiver.ts"
import { decodeRequest } from "../../protocol/qdl/request.ts"
import type { OpenUnframed, QdlRequest, WriteHeader } from "../../protocol/qdl/request.ts"
import { encodeResponse } from "../../protocol/qdl/response.ts"
import type { QdlResponse } from "../../protocol/qdl/response.ts"
import { isHang } from "../Core.ts"
import type { Core } from "../Core.ts"
import { find } from "../faults.ts"
import { loseSettings } from "../OwnerSettings.ts"
import type { Port } from "../Port.ts"
import { countFailure, goodSlot } from "../storage.ts"
import { makeReception } from "./Reception.ts"
import type { Reception } from "./Reception.ts"

/** qdl.md §3.6, example: type 0x80 in the answer to Close. */
const closeType = 0x80
/** qdl.md §3.4, example: window 1, chunk 1 MiB in the answer to Open. */
const openWindow = 1

/** Where the conversation is. `Complete`: all bytes are there and right, Close has not come. */
type Session =
  | { readonly _tag: "Dload" }
  | { readonly _tag: "Sdp" }
  | { readonly _tag: "Ready" }
  | { readonly _tag: "Receiving"; readonly image: Reception }
  | { readonly _tag: "Complete" }

/** A write whose data is coming in. */
interface Chunk {
  readonly header: WriteHeader
  /** Where the data goes; absent when it is thrown away. */
  readonly image: Reception | undefined
  readonly refusal: QdlResponse | undefined
  taken: number
  halfway: boolean
}

const failed = (code: number): QdlResponse => ({ _tag: "Error", code, text: 0 })
const written = (sequence: number, status: number): QdlResponse => ({ _tag: "Write", sequence, reserved: 0, status })
const opened = (status: number): QdlResponse => ({
  _tag: "Open",
  status,
  window: openWindow,
  chunkSize: maxChunkLength
})

const detailOf = (message: object): string =>
  Object.entries(message as Readonly<Record<string, unknown>>)
    .filter(([name, value]) => name !== "_tag" && (typeof value === "number" || typeof value === "string"))
    .map(([name, value]) => `${name} ${String(value)}`)
    .join(", ")

/** Runs until the device leaves the bus. */
export const serveDownload = Effect.fnUntraced(function* (core: Core, port: Port) {
  const { checksums, faults, model, now, timing } = core
  const receiver = new DeviceReceiver()
  let session: Session = { _tag: model.qdl.starts === "dload" ? "Dload" : "Sdp" }
  let chunk: Chunk | undefined
  /** Images completed in this stay. */
  let images = 0
  /** A write header with an impossible length: until the next good frame nothing is known about the bytes. */
  let lost = false

  const answer = Effect.fnUntraced(function* (response: QdlResponse) {
    yield* core.busy("answering on the download port", timing.qdlAnswer)
    yield* core.note({ _tag: "QdlAnswer", at: yield* now, answer: response._tag, detail: detailOf(response) })
    yield* port.send(encodeFrame(encodeResponse(response)))
  })

  const hang = Effect.never

  const abandon = Effect.fnUntraced(function* (why: string) {
    if (session._tag !== "Receiving") return
    const { image } = session
    session = { _tag: "Ready" }
    yield* core.note({
      _tag: "ImageAbandoned",
      at: yield* now,
      received: image.received(),
      wanted: image.payload,
      why
    })
    const slot = image.slot()
    if (slot !== undefined) yield* core.update((state) => countFailure(state, slot))
  })

  const onDload = Effect.fnUntraced(function* () {
    const here = faults({ _tag: "Dload" })
    if (isHang(here)) return yield* hang
    if (find(here, "Silent") !== undefined) return
    if (find(here, "Echo") !== undefined) {
      return yield* port.send(encodeFrame(Uint8Array.of(Command.DloadSwitch, 0, 0)))
    }
    // The diagnostic monitor returns what it does not know behind 0x13 (qdl.md §3.1).
    if (find(here, "Diag") !== undefined) {
      return yield* answer({ _tag: "DiagBadCommand", request: Uint8Array.of(Command.DloadSwitch, 0, 0) })
    }
    if (session._tag !== "Dload") return yield* answer(failed(ErrorCode.CommandNotSupported))
    session = { _tag: "Sdp" }
    yield* answer({ _tag: "DloadAck" })
  })

  const onHello = Effect.fnUntraced(function* (hello: Extract<QdlRequest, { readonly _tag: "Hello" }>) {
    const { version } = model.qdl
    const here = faults({ _tag: "Hello", version: hello.maxVersion })
    if (isHang(here)) return yield* hang
    if (find(here, "Silent") !== undefined) return
    const refused = find(here, "Refused")
    // A new Hello begins anew: what was open is lost (inferred; qdl.md §5 leaves it open).
    yield* abandon("Hello in the middle of an image")
    if (refused !== undefined) {
      session = { _tag: "Ready" }
      return yield* answer(failed(refused.code))
    }
    if (hello.minVersion > version || hello.maxVersion < version) return yield* answer(failed(ErrorCode.InvalidCommand))
    // Without unframed writes no image can be sent; the code is documented, this use of it is inferred.
    if ((hello.features & (Feature.genericUnframed | Feature.qdlUnframed)) === 0) {
      return yield* answer(failed(ErrorCode.InvalidFeatureBits))
    }
    session = { _tag: "Ready" }
    yield* answer({
      _tag: "Hello",
      magic: helloMagic,
      maxVersion: version,
      minVersion: version,
      features: helloFeatures
    })
  })

  /**
   * Why an Open is refused. That the boot loader checks header and product is documented only as error codes (qdl.md
   * §3.3) and as field reports of images for other variants being refused (failures.md §7); which code is inferred.
   */
  const judgeOpen = (request: OpenUnframed): Result.Result<CweHeader, number> => {
    if (request.imageType !== ImageType.cwe) return Result.fail(ErrorCode.InvalidDestinationAddress)
    if (request.header.length !== HeaderSize) return Result.fail(ErrorCode.InvalidLength)
    const decoded = decodeHeader(request.header)
    if (Result.isFailure(decoded)) return Result.fail(ErrorCode.OperationFailed)
    const header = decoded.success
    if (crc32(request.header.subarray(0, PsbSize)) !== header.psbCrc) return Result.fail(ErrorCode.InvalidCrc)
    const { imageSize } = header
    if (imageSize === 0 || request.chunkSize !== imageSize || request.length !== HeaderSize + imageSize) {
      return Result.fail(ErrorCode.InvalidLength)
    }
    return header.product.toUpperCase() === model.qdl.product
      ? Result.succeed(header)
      : Result.fail(ErrorCode.ImageAuthenticationError)
  }

  const onOpen = Effect.fnUntraced(function* (request: OpenUnframed) {
    // Complete: the vendor's tool opens the next image without Close and Hello (qdl.md §5 [VEND]).
    if (session._tag !== "Ready" && session._tag !== "Complete") {
      return yield* answer(failed(ErrorCode.CommandOutOfSequence))
    }
    const judged = judgeOpen(request)
    if (Result.isFailure(judged)) return yield* answer(failed(judged.failure))
    const header = judged.success
    const state = yield* core.state
    const said = parseVersion(header.version)
    const stored =
      said.firmware !== undefined &&
      (said.carrier === undefined || model.priSlots === 0
        ? goodSlot(state, said.firmware) !== undefined
        : state.pris.some(
            (pri) => pri.firmware === said.firmware && pri.carrier === said.carrier && pri.config === said.config
          ))
    const here = faults({ _tag: "Open", image: images, stored })
    if (isHang(here)) return yield* hang
    const refused = find(here, "Refused")
    if (refused !== undefined) return yield* answer(failed(refused.code))
    const status = find(here, "Status")
    if (status !== undefined) {
      // Not required: the device has it, the next image may come.
      if (status.status === OpenStatus.imageNotRequired) images++
      return yield* answer(opened(status.status))
    }
    session = { _tag: "Receiving", image: makeReception(model, checksums, request.header, header) }
    if (find(here, "Silent") === undefined) yield* answer(opened(OpenStatus.ok))
  })

  const onClose = Effect.fnUntraced(function* () {
    if (session._tag !== "Receiving" && session._tag !== "Complete") {
      return yield* answer(failed(ErrorCode.CommandOutOfSequence))
    }
    const here = faults({ _tag: "Close", image: images - 1 })
    if (isHang(here)) return yield* hang
    if (session._tag === "Receiving") {
      yield* abandon("Close before the last byte")
      return yield* answer(failed(ErrorCode.CloseFailed))
    }
    session = { _tag: "Ready" }
    if (find(here, "Silent") !== undefined) return
    const refused = find(here, "Refused")
    if (refused !== undefined) return yield* answer(failed(refused.code))
    const status = find(here, "Status")?.status ?? CloseStatus.ok
    yield* answer({ _tag: "Close", status, type: closeType, text: 0 })
  })

  const onReset = Effect.fnUntraced(function* () {
    yield* abandon("Reset in the middle of an image")
    const here = faults({ _tag: "Reset" })
    if (find(here, "OldImages") !== undefined) yield* core.forgetReceived("all")
    if (find(here, "NoCarrier") !== undefined) yield* core.forgetReceived("carrier")
    if (find(here, "FactorySettings") !== undefined) {
      yield* core.update((state) => (state.received.length === 0 ? state : loseSettings(core.model, state)))
    }
    if (find(here, "Hold") !== undefined) yield* core.update((state) => ({ ...state, holdOnce: true }))
    yield* core.restart()
    // No answer (qdl.md §3.7), and nothing more until the bus reset.
    return yield* hang
  })

  /** Stored image ids, as far as a preference names them (qdl.md §3, 0x2E/0x2F [VEND]). */
  const onImagePreference = Effect.fnUntraced(function* () {
    const { preference } = yield* core.state
    const id = (text: string) => {
      const bytes = new Uint8Array(16)
      bytes.set(new TextEncoder().encode(text).subarray(0, 16))
      return bytes
    }
    const entries =
      preference === null
        ? []
        : [
            { type: 0, id: id("?_?") },
            { type: 1, id: id(preference.config) }
          ]
    yield* answer({ _tag: "ImagePreference", entries })
  })

  const onFrame = Effect.fnUntraced(function* (payload: Uint8Array) {
    lost = false
    const decoded = decodeRequest(payload)
    if (Result.isFailure(decoded)) {
      const { reason } = decoded.failure
      yield* core.note({
        _tag: "QdlRequest",
        at: yield* now,
        request: reason._tag,
        detail: decoded.failure.message
      })
      // Before the switch only DLOAD is spoken; what is no DLOAD message gets no answer (inferred).
      if (session._tag === "Dload") return
      const code = reason._tag === "WrongSize" ? ErrorCode.InvalidLength : ErrorCode.InvalidCommand
      return yield* answer(failed(code))
    }
    const request = decoded.success
    yield* core.note({ _tag: "QdlRequest", at: yield* now, request: request._tag, detail: detailOf(request) })
    if (request._tag === "DloadSwitch") return yield* onDload()
    if (request._tag === "Reset") return yield* onReset()
    if (request._tag === "DloadNoop") {
      return yield* answer(session._tag === "Dload" ? { _tag: "DloadAck" } : failed(ErrorCode.CommandNotSupported))
    }
    if (session._tag === "Dload") return yield* answer(failed(ErrorCode.CommandOutOfSequence))
    switch (request._tag) {
      case "Hello":
        return yield* onHello(request)
      case "OpenUnframed":
        return yield* onOpen(request)
      case "CloseUnframed":
        return yield* onClose()
      case "GetImagePreference":
        return yield* onImagePreference()
      case "WriteUnframed":
        // A write is never framed (qdl.md §2.2).
        return yield* answer(failed(ErrorCode.InvalidCommand))
    }
  })

  const onWriteHeader = (input: Extract<DeviceInput, { readonly _tag: "WriteHeader" }>): QdlResponse | undefined => {
    const { header, crcOk, lengthOk } = input
    const image = session._tag === "Receiving" ? session.image : undefined
    const refusal =
      image === undefined
        ? failed(ErrorCode.CommandOutOfSequence)
        : !crcOk
          ? written(header.sequence, WriteStatus.crcFailed)
          : !lengthOk ||
              header.length === 0 ||
              header.length > image.payload - image.received() ||
              header.sequence !== image.expected()
            ? written(header.sequence, WriteStatus.parsingFailed)
            : undefined
    if (!lengthOk) {
      lost = true
      return refusal
    }
    chunk = { header, image: refusal === undefined ? image : undefined, refusal, taken: 0, halfway: false }
    return undefined
  }

  const onData = Effect.fnUntraced(function* (bytes: Uint8Array) {
    if (chunk?.image === undefined) return
    const { header, image } = chunk
    chunk.taken += bytes.length
    if (!chunk.halfway && 2 * chunk.taken >= header.length) {
      chunk.halfway = true
      const leave = find(faults({ _tag: "HalfChunk", image: images, chunk: header.sequence }), "Leave")
      if (leave !== undefined) {
        yield* core.update((state) => image.take(bytes, state))
        yield* abandon("the modem left the bus")
        yield* leave.comesBack ? core.restart({ atOnce: true }) : core.switchOff
        return yield* hang
      }
    }
    yield* core.update((state) => image.take(bytes, state))
  })

  /** The last byte is there: the image is checked as a whole, then it is good. */
  const finish = Effect.fnUntraced(function* (image: Reception, sequence: number, silent: boolean) {
    const completed = yield* core.modify((before) => {
      const result = image.complete(before)
      return [result, Result.isSuccess(result) ? result.success.state : before]
    })
    if (Result.isFailure(completed)) {
      yield* abandon(completed.failure)
      // Inferred: the error comes as the answer to the last write, when the device programs and checks.
      const code = completed.failure === "authentication" ? ErrorCode.ImageAuthenticationError : ErrorCode.OutOfSpace
      return yield* answer(failed(code))
    }
    const { image: done } = completed.success
    yield* core.note({
      _tag: "ImageReceived",
      at: yield* now,
      sha256: done.sha256,
      headerBytes: HeaderSize,
      payloadBytes: image.payload,
      type: done.type,
      version: done.version
    })
    session = { _tag: "Complete" }
    images++
    if (!silent) yield* answer(written(sequence, WriteStatus.ok))
  })

  const onWriteEnd = Effect.fnUntraced(function* () {
    if (chunk === undefined) return
    const { header, image, refusal } = chunk
    chunk = undefined
    const detail = detailOf(header)
    yield* core.note({ _tag: "QdlRequest", at: yield* now, request: header._tag, detail })
    if (refusal !== undefined || image === undefined) {
      return yield* answer(refusal ?? failed(ErrorCode.CommandOutOfSequence))
    }
    const last = image.received() === image.payload
    const here = faults({ _tag: "Chunk", image: images, chunk: header.sequence, last })
    const lastMillis = image.isCarrier() ? timing.lastCarrierChunk : timing.lastChunk
    yield* core.busy(
      "programming",
      (timing.programPerMiB * header.length) / maxChunkLength +
        (last ? lastMillis : 0) +
        (find(here, "Slow")?.millis ?? 0)
    )
    if (isHang(here)) return yield* hang
    const status = find(here, "Status")
    if (status !== undefined) {
      yield* abandon(`write status ${String(status.status)}`)
      return yield* answer(written(header.sequence, status.status))
    }
    const refused = find(here, "Refused")
    if (refused !== undefined) {
      yield* abandon(`error ${String(refused.code)}`)
      return yield* answer(failed(refused.code))
    }
    const sequence = find(here, "WrongSequence") === undefined ? header.sequence : (header.sequence + 1) & 0xffff
    yield* core.note({
      _tag: "ChunkWritten",
      at: yield* now,
      image: images,
      sequence: header.sequence,
      bytes: header.length
    })
    const silent = find(here, "Silent") !== undefined
    if (last) return yield* finish(image, sequence, silent)
    image.chunkDone()
    if (!silent) yield* answer(written(sequence, WriteStatus.ok))
  })

  const onBroken = Effect.fnUntraced(function* (reason: string) {
    yield* core.note({ _tag: "QdlRequest", at: yield* now, request: "broken frame", detail: reason })
    // Noise before the switch, and what follows a lost write, gets no answer (inferred).
    if (session._tag === "Dload" || lost) return
    yield* answer(failed(reason === "CrcMismatch" ? ErrorCode.InvalidCrc : ErrorCode.UnexpectedEndOfPacket))
  })

  const handle = Effect.fnUntraced(function* (input: DeviceInput) {
    switch (input._tag) {
      case "Frame":
        return yield* onFrame(input.payload)
      case "BrokenFrame":
        return yield* onBroken(input.error.reason._tag)
      case "WriteHeader": {
        const refusal = onWriteHeader(input)
        return refusal === undefined ? undefined : yield* answer(refusal)
      }
      case "WriteData":
        return yield* onData(input.bytes)
      case "WriteEnd":
        return yield* onWriteEnd()
    }
  })

  /** Bytes came since the receiver was last known to be between two messages. */
  let unsettled = false
  for (;;) {
    const bytes = unsettled
      ? yield* Effect.timeoutOption(port.incoming, timing.receiveTimeout)
      : Option.some(yield* port.incoming)
    if (Option.isSome(bytes)) {
      unsettled = true
      for (const input of receiver.push(bytes.value)) yield* handle(input)
      continue
    }
    // A silence ends whatever was begun, or the next request would be taken for its rest. Only the data of a write is
    // worth an Error (qdl.md §3.3, 0x19); that a begun header or frame is dropped without a word is inferred.
    unsettled = false
    const inData = receiver.missing > 0
    receiver.reset()
    chunk = undefined
    if (!inData) continue
    yield* abandon("receive timeout")
    yield* answer(failed(ErrorCode.ReceiveTimeout))
  }
})
