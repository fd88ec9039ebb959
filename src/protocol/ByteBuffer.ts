/**
 * Bytes that came and were not used up yet, of a stream that is cut into messages. Grows to what is pending, never
 * shrinks; work is linear in the bytes appended. Pure.
 */
export class ByteBuffer {
  #bytes: Uint8Array
  #start = 0
  #end = 0

  constructor(capacity = 2048) {
    this.#bytes = new Uint8Array(capacity)
  }

  /** Bytes not used up. */
  get length(): number {
    return this.#end - this.#start
  }

  /** The byte so far behind the first one; 0 beyond the last. */
  at(offset: number): number {
    return offset < this.length ? (this.#bytes[this.#start + offset] ?? 0) : 0
  }

  append(bytes: Uint8Array): void {
    if (this.#end + bytes.length > this.#bytes.length) {
      const { length } = this
      let capacity = this.#bytes.length
      while (capacity < length + bytes.length) capacity *= 2
      const target = capacity === this.#bytes.length ? this.#bytes : new Uint8Array(capacity)
      target.set(this.#bytes.subarray(this.#start, this.#end))
      this.#bytes = target
      this.#start = 0
      this.#end = length
    }
    this.#bytes.set(bytes, this.#end)
    this.#end += bytes.length
  }

  /** The first bytes as a copy, used up: the buffer is used again, what was taken must not change. */
  take(length: number): Uint8Array {
    const taken = this.#bytes.slice(this.#start, Math.min(this.#end, this.#start + length))
    this.drop(length)
    return taken
  }

  drop(length: number): void {
    this.#start = Math.min(this.#end, this.#start + length)
    if (this.#start === this.#end) this.clear()
  }

  clear(): void {
    this.#start = 0
    this.#end = 0
  }
}
