/** What a boot loader hears on its download port: HDLC frames and raw unframed writes in one byte stream (qdl.md §2.2). Pure. */
import * as Result from "effect/Result"
import { Deframer, defaultFrameLimit, Hdlc, type HdlcError } from "../hdlc.ts"
import { Command, maxChunkLength } from "./command.ts"
import { readWriteHeader, WriteRequest, type WriteHeader } from "./request.ts"

export type DeviceInput =
  /** Payload of a good frame, without HDLC: give it to `decodeRequest`. */
  | { readonly _tag: "Frame"; readonly payload: Uint8Array }
  | { readonly _tag: "BrokenFrame"; readonly error: HdlcError }
  /**
   * 13 header bytes of a write. When `lengthOk`, its data follows as `WriteData` pieces and one `WriteEnd`, also when the
   * checksum is wrong; otherwise nothing of it follows and the bytes behind it are read as frames again.
   */
  | {
      readonly _tag: "WriteHeader"
      readonly header: WriteHeader
      readonly crcOk: boolean
      readonly lengthOk: boolean
    }
  /** A piece of the data of the current write: a view into the pushed bytes, to be used before they are reused. */
  | { readonly _tag: "WriteData"; readonly bytes: Uint8Array }
  | { readonly _tag: "WriteEnd" }

/**
 * Streaming receiver of the device side, however the stream was split. A 0x27 where a message begins, i.e. not behind an
 * opening flag, starts a raw write. Keeps at most one frame, never the data of a write.
 */
export class DeviceReceiver {
  private readonly deframer: Deframer
  private readonly maxData: number
  private state: "idle" | "frame" | "header" | "data" = "idle"
  private readonly header = new Uint8Array(WriteRequest.size)
  private headerLength = 0
  private dataLeft = 0

  constructor(options: { readonly maxDataLength?: number; readonly frameLimit?: number } = {}) {
    this.maxData = options.maxDataLength ?? maxChunkLength
    this.deframer = new Deframer(options.frameLimit ?? defaultFrameLimit)
  }

  /** Data bytes of the current write that are still to come. */
  get missing(): number {
    return this.dataLeft
  }

  /** Forgets whatever is unfinished, e.g. after a receive timeout. */
  reset(): void {
    this.state = "idle"
    this.headerLength = 0
    this.dataLeft = 0
    this.deframer.reset()
  }

  push(bytes: Uint8Array): ReadonlyArray<DeviceInput> {
    const inputs: Array<DeviceInput> = []
    let from = 0
    while (from < bytes.length) {
      switch (this.state) {
        case "idle":
          if (bytes[from] === Command.WriteRequest) {
            this.state = "header"
            this.headerLength = 0
          } else {
            // A leading flag is optional: anything else is the beginning of a frame.
            if (bytes[from] === Hdlc.flag) from++
            this.state = "frame"
          }
          break
        case "frame":
          from = this.takeFrame(bytes, from, inputs)
          break
        case "header":
          from = this.takeHeader(bytes, from, inputs)
          break
        case "data":
          from = this.takeData(bytes, from, inputs)
          break
      }
    }
    return inputs
  }

  private takeFrame(bytes: Uint8Array, from: number, inputs: Array<DeviceInput>): number {
    const flag = bytes.indexOf(Hdlc.flag, from)
    const to = flag === -1 ? bytes.length : flag + 1
    const closes = flag !== -1 && (flag > from || this.deframer.pending > 0 || this.deframer.skipping)
    for (const frame of this.deframer.push(bytes.subarray(from, to))) {
      inputs.push(
        Result.isSuccess(frame)
          ? { _tag: "Frame", payload: frame.success }
          : { _tag: "BrokenFrame", error: frame.failure }
      )
    }
    // `7E 7E` is an empty frame: the second flag opens the next one.
    if (closes) this.state = "idle"
    return to
  }

  private takeHeader(bytes: Uint8Array, from: number, inputs: Array<DeviceInput>): number {
    const take = Math.min(this.header.length - this.headerLength, bytes.length - from)
    this.header.set(bytes.subarray(from, from + take), this.headerLength)
    this.headerLength += take
    if (this.headerLength < this.header.length) return from + take
    this.state = "idle"
    const read = readWriteHeader(this.header)
    if (Result.isSuccess(read)) {
      const { header, wantedCrc, foundCrc } = read.success
      const lengthOk = header.length <= this.maxData
      inputs.push({ _tag: "WriteHeader", header, crcOk: wantedCrc === foundCrc, lengthOk })
      if (lengthOk && header.length === 0) inputs.push({ _tag: "WriteEnd" })
      else if (lengthOk) {
        this.state = "data"
        this.dataLeft = header.length
      }
    }
    return from + take
  }

  private takeData(bytes: Uint8Array, from: number, inputs: Array<DeviceInput>): number {
    const to = Math.min(bytes.length, from + this.dataLeft)
    inputs.push({ _tag: "WriteData", bytes: bytes.subarray(from, to) })
    this.dataLeft -= to - from
    if (this.dataLeft === 0) {
      inputs.push({ _tag: "WriteEnd" })
      this.state = "idle"
    }
    return to
  }
}
