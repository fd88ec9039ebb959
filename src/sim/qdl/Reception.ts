/**
 * One image on its way into flash: bytes are counted, hashed and looked through, never kept. Pure state over
 * {@link ModemState}; when what is spoilt and when it is good again is decided here.
 */
import * as Result from "effect/Result"
import type { Checksums } from "../../image/checksums.ts"
import { makeScanner } from "../../image/CweScanner.ts"
import { decodeHeader, HeaderSize } from "../../image/CweHeader.ts"
import type { CweHeader } from "../../image/CweHeader.ts"
import type { Scan } from "../../image/FirmwareImage.ts"
import { parseVersion } from "../../image/version.ts"
import { buildOf } from "../models/Model.ts"
import type { Model } from "../models/Model.ts"
import { anyFirmware } from "../ModemState.ts"
import type { ModemState, ReceivedImage, StoredPri } from "../ModemState.ts"
import { slotFor, spoilSlot, storeFirmware, storePri } from "../storage.ts"

/** First inner parts of a carrier image (images.md §3.1): everything else is written to a firmware slot. */
const carrierTypes = new Set(["FILE", "NVUP"])

export interface Reception {
  readonly header: CweHeader
  readonly payload: number
  /** Payload bytes so far. */
  readonly received: () => number
  readonly expected: () => number
  /** The next sequence number is awaited. */
  readonly chunkDone: () => void
  readonly isCarrier: () => boolean
  /** Slot that is being written, once one is. */
  readonly slot: () => number | undefined
  /** Takes payload bytes; what they do to the flash. */
  readonly take: (bytes: Uint8Array, state: ModemState) => ModemState
  /** After the last byte: the image is in flash, or why it is refused. */
  readonly complete: (state: ModemState) => Result.Result<Completed, "authentication" | "out of space">
}

export interface Completed {
  readonly state: ModemState
  readonly image: ReceivedImage
}

const date = /^(\d{2})\/(\d{2})\/(\d{2})$/

/** Build text of a version that the model does not know: from the image's own date and checksum, hence repeatable. */
const inventedBuild = (header: CweHeader, sha256: string): string => {
  const [, month = "01", day = "01", year = "26"] = date.exec(header.date) ?? []
  const revision = (Number.parseInt(sha256.slice(0, 4), 16) % 9000) + 1000
  return ` r${String(revision)} CARMD-EV-FRMWR2 20${year}/${month}/${day} 00:00:00`
}

/** CRCs are what a boot loader can check; texts that contradict each other are no business of it. */
const damaged = ({ image, problems }: Scan): boolean =>
  image === undefined || problems.some(({ _tag }) => _tag === "ImageCrcMismatch" || _tag === "PsbCrcMismatch")

export const makeReception = (
  model: Model,
  checksums: Checksums,
  headerBytes: Uint8Array,
  header: CweHeader
): Reception => {
  const payload = header.imageSize
  const scanner = makeScanner({ name: "download", size: HeaderSize + payload, checksums })
  scanner.push(headerBytes)
  const head = new Uint8Array(Math.min(HeaderSize, payload))
  let received = 0
  let sequence = 0
  let carrier: boolean | undefined
  let slot: number | undefined

  const said = parseVersion(header.version).firmware
  const place = (state: ModemState): ModemState => {
    if (carrier !== undefined) return state
    const inner = decodeHeader(head)
    carrier = header.type === "NVUP" || (Result.isSuccess(inner) && carrierTypes.has(inner.success.type))
    if (carrier) return state
    const target = slotFor(state, said ?? state.preference?.firmware ?? anyFirmware)
    slot = target.slot
    return spoilSlot(state, target)
  }

  const priOf = (values: {
    readonly [N in "firmware" | "config" | "carrier"]: { readonly value: string | undefined }
  }) => {
    const { carrier, config, firmware } = values
    return firmware.value === undefined || carrier.value === undefined || config.value === undefined
      ? undefined
      : { firmware: firmware.value, carrier: carrier.value, config: config.value }
  }

  return {
    header,
    payload,
    received: () => received,
    expected: () => sequence,
    chunkDone: () => {
      sequence++
    },
    isCarrier: () => carrier === true,
    slot: () => slot,
    take: (bytes, state) => {
      if (received < head.length) head.set(bytes.subarray(0, head.length - received), received)
      received += bytes.length
      scanner.push(bytes)
      // The first inner header tells what it is; with an image smaller than one, its end does.
      return received >= head.length ? place(state) : state
    },
    complete: (state) => {
      const scan = scanner.finish()
      const { image } = scan
      if (image === undefined || damaged(scan)) return Result.fail("authentication")
      const firmware = image.values.firmware.value ?? anyFirmware
      const base = {
        sha256: image.sha256,
        bytes: image.size,
        type: header.type,
        product: header.product,
        version: header.version
      }
      let after = state
      if (image.role !== "carrier") {
        slot ??= slotFor(state, firmware).slot
        const build = buildOf(model, firmware, inventedBuild(header, image.sha256))
        after = storeFirmware(after, slot, { firmware, build, sha256: image.sha256, bytes: image.size })
      }
      const ids = image.role === "system" && model.priSlots > 0 ? undefined : priOf(image.values)
      const pri: StoredPri | undefined = ids === undefined ? undefined : { ...ids, sha256: image.sha256 }
      if (pri !== undefined && model.priSlots > 0) {
        const stored = storePri(after, pri, model.priSlots)
        if (stored === undefined) return Result.fail("out of space")
        after = stored
      }
      const done: ReceivedImage = {
        ...base,
        ...(image.role === "carrier" || slot === undefined ? {} : { slot }),
        ...(pri === undefined ? {} : { pri })
      }
      return Result.succeed({ image: done, state: { ...after, received: [...after.received, done] } })
    }
  }
}
