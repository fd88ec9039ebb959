/** Basic connect, device service subscribe list: which indications the host wants (qmi.md §5.4; MBIM 1.0 §10.5.30). */
import * as Result from "effect/Result"
import { viewOf } from "../layout.ts"
import { MbimCodecError } from "./MbimCodecError.ts"
import { uuidBytes, uuidText } from "./message.ts"

export interface Subscription {
  /** UUID of the service. */
  readonly service: string
  /** Commands whose indications are wanted. */
  readonly cids: ReadonlyArray<number>
}

/** Count, then place and size of each element, then the elements: UUID, count of commands, commands. */
export const encodeSubscribeList = (subscriptions: ReadonlyArray<Subscription>): Uint8Array => {
  const elements = subscriptions.map(({ cids, service }) => {
    const out = new Uint8Array(20 + 4 * cids.length)
    const view = viewOf(out)
    out.set(uuidBytes(service))
    view.setUint32(16, cids.length, true)
    for (const [at, cid] of cids.entries()) view.setUint32(20 + 4 * at, cid, true)
    return out
  })
  const head = 4 + 8 * elements.length
  const out = new Uint8Array(elements.reduce((size, element) => size + element.length, head))
  const view = viewOf(out)
  view.setUint32(0, elements.length, true)
  let offset = head
  for (const [at, element] of elements.entries()) {
    view.setUint32(4 + 8 * at, offset, true)
    view.setUint32(8 + 8 * at, element.length, true)
    out.set(element, offset)
    offset += element.length
  }
  return out
}

const context = "subscribe list"

/** The elements as their offsets say; each must lie inside the buffer and hold as many commands as it says. */
export const decodeSubscribeList = (buffer: Uint8Array): Result.Result<ReadonlyArray<Subscription>, MbimCodecError> => {
  const fail = (reason: MbimCodecError["reason"]) => Result.fail(new MbimCodecError({ context, reason }))
  const found = buffer.length
  if (found < 4) return fail({ _tag: "Truncated", wanted: 4, found })
  const view = viewOf(buffer)
  const count = view.getUint32(0, true)
  // Before anything is made of that size.
  if (4 + 8 * count > found) return fail({ _tag: "LengthMismatch", field: "element count", says: count, found })
  const out: Array<Subscription> = []
  let used = 4 + 8 * count
  for (let at = 0; at < count; at++) {
    const offset = view.getUint32(4 + 8 * at, true)
    const size = view.getUint32(8 + 8 * at, true)
    if (size < 20 || offset + size > found) {
      return fail({ _tag: "LengthMismatch", field: "element size", says: size, found: Math.max(0, found - offset) })
    }
    // Elements do not overlap: so the work is that of reading the buffer once.
    used += size
    if (used > found) return fail({ _tag: "LengthMismatch", field: "elements", says: used, found })
    const cids = view.getUint32(offset + 16, true)
    if (20 + 4 * cids !== size) {
      return fail({ _tag: "LengthMismatch", field: "command count", says: cids, found: Math.floor((size - 20) / 4) })
    }
    out.push({
      service: uuidText(buffer, offset),
      cids: Array.from({ length: cids }, (_, index) => view.getUint32(offset + 20 + 4 * index, true))
    })
  }
  return Result.succeed(out)
}
