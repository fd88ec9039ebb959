/** Numbers that are the same for the same seed (xorshift32): a run can be repeated. */
export class Random {
  #state: number

  constructor(seed: number) {
    // Neighbouring seeds must not begin alike, and 0 would stay 0.
    this.#state = (Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) ^ 0x5bd1e995) >>> 0 || 1
    for (let i = 0; i < 4; i++) this.next()
  }

  /** 32 bits. */
  next(): number {
    let x = this.#state
    x ^= x << 13
    x ^= x >>> 17
    x ^= x << 5
    this.#state = x >>> 0
    return this.#state
  }

  /** 0 … below − 1; 0 when `below` is. */
  below(below: number): number {
    return below <= 1 ? 0 : this.next() % below
  }

  /** True once in `times`. */
  once(times: number): boolean {
    return this.next() % times === 0
  }

  of<A>(list: ReadonlyArray<A>): A {
    return list[this.below(list.length)]!
  }

  bytes(count: number): Uint8Array {
    const out = new Uint8Array(count)
    for (let i = 0; i < count; i++) out[i] = this.next()
    return out
  }
}

/** FNV-1a: what a target does at random must depend on its input only. */
export const hashOf = (bytes: Uint8Array): number => {
  let hash = 0x811c9dc5
  for (const byte of bytes) hash = Math.imul(hash ^ byte, 0x01000193)
  return hash >>> 0
}
