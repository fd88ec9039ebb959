import { maxChunkLength } from "./command.ts"
import { WriteRequest, writeHeader } from "./request.ts"

const headerLength = WriteRequest.size

/**
 * One chunk with room for its header in front (qdl.md §3.5): filled, sent in one piece without a copy, filled again. Two
 * of them carry an image of any size: one is on its way while the other is filled.
 */
export class ChunkBuffer {
  private readonly bytes: Uint8Array
  private length = 0

  /** `capacity` in bytes of data, the header not counted. */
  constructor(capacity: number = maxChunkLength) {
    this.bytes = new Uint8Array(headerLength + capacity)
  }

  /** The place for the chunk's data: what is written there goes out with the next {@link message}. */
  take(length: number): Uint8Array {
    this.length = length
    return this.bytes.subarray(headerLength, headerLength + length)
  }

  /** Header and data, to be sent raw. A view: the buffer must be left alone until the chunk is acknowledged. */
  message(sequence: number): Uint8Array {
    this.bytes.set(writeHeader(sequence, this.length))
    return this.bytes.subarray(0, headerLength + this.length)
  }
}
