/** Hostile neighbours of an input: small changes, as lines, storage and attackers make them. */
import type { Random } from "./Random.ts"

/** At which parsers turn: ends of ranges, signs, the flags, escapes, markers and line ends of our protocols. */
const bytes = [0x00, 0x01, 0x02, 0x0a, 0x0d, 0x20, 0x27, 0x3a, 0x5e, 0x7d, 0x7e, 0x7f, 0x80, 0x8f, 0xfe, 0xff]
const words = [0, 1, 2, 0xc, 0x10, 0x40, 0x190, 0xff, 0x100, 0x7fff, 0x8000, 0xffff, 0x10000, 0x100000, 0x1000000]
const extremes = [0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff]

const joined = (...parts: ReadonlyArray<Uint8Array>): Uint8Array => {
  const out = new Uint8Array(parts.reduce((size, part) => size + part.length, 0))
  let at = 0
  for (const part of parts) {
    out.set(part, at)
    at += part.length
  }
  return out
}

interface Range {
  readonly from: number
  readonly to: number
}

/** Mostly short. */
const range = (random: Random, length: number): Range => {
  const from = random.below(length + 1)
  const most = random.once(4) ? length : Math.min(length, 16)
  return { from, to: Math.min(length, from + 1 + random.below(most)) }
}

const writeNumber = (random: Random, out: Uint8Array): void => {
  const size = random.of([2, 4, 4, 8])
  if (out.length < size) return
  const at = random.below(out.length - size + 1)
  const near = out.length - at - random.below(24)
  const value = random.of([
    random.of(words),
    random.of(extremes),
    near,
    random.next(),
    out.length + random.below(9) - 4
  ])
  const little = random.once(2)
  const view = new DataView(out.buffer, out.byteOffset, out.byteLength)
  if (size === 2) view.setUint16(at, value & 0xffff, little)
  else view.setUint32(at, value >>> 0, little)
}

export interface Material {
  /** Other inputs, for parts of them. */
  readonly corpus: ReadonlyArray<Uint8Array>
  /** What the parser knows: markers, keywords. */
  readonly tokens: ReadonlyArray<Uint8Array>
  readonly longest: number
}

/** One change. */
const change = (input: Uint8Array, random: Random, { corpus, longest, tokens }: Material): Uint8Array => {
  const { length } = input
  const insert = (what: Uint8Array): Uint8Array => {
    const at = random.below(length + 1)
    return joined(input.subarray(0, at), what, input.subarray(at))
  }
  const edited = (edit: (out: Uint8Array) => void): Uint8Array => {
    const out = input.slice()
    if (length > 0) edit(out)
    return out
  }
  switch (random.below(14)) {
    case 0:
      return edited((out) => {
        const at = random.below(length)
        out[at] = out[at]! ^ (1 << random.below(8))
      })
    case 1:
      return edited((out) => (out[random.below(length)] = random.next()))
    case 2:
      return edited((out) => (out[random.below(length)] = random.of(bytes)))
    case 3:
      return edited((out) => {
        const at = random.below(length)
        out[at] = out[at]! + random.below(17) - 8
      })
    case 4:
    case 5:
      return edited((out) => writeNumber(random, out))
    case 6: {
      const { from, to } = range(random, length)
      return joined(input.subarray(0, from), input.subarray(to))
    }
    case 7: {
      const { from, to } = range(random, length)
      return insert(input.subarray(from, to))
    }
    case 8:
      return insert(random.bytes(1 + random.below(random.once(8) ? 64 : 6)))
    case 9:
      return tokens.length === 0 ? insert(Uint8Array.of(random.of(bytes))) : insert(random.of(tokens))
    case 10: {
      const other = corpus.length === 0 ? input : random.of(corpus)
      const { from, to } = range(random, other.length)
      return random.once(2)
        ? insert(other.subarray(from, to))
        : joined(input.subarray(0, random.below(length + 1)), other.subarray(from))
    }
    case 11:
      return random.once(2) ? input.slice(0, random.below(length + 1)) : input.slice(random.below(length + 1))
    case 12: {
      // Many times the same: what is not linear shows.
      if (!random.once(8)) return edited((out) => out.fill(random.of(bytes), random.below(length), length))
      const { from, to } = range(random, length)
      const piece = input.subarray(from, to)
      if (piece.length === 0) return input
      const times = Math.min(random.of([2, 4, 16, 64, 4096]), Math.floor((longest - length) / piece.length))
      return times < 1 ? input : insert(joined(...Array.from({ length: times }, () => piece)))
    }
    default:
      return edited((out) => {
        const a = range(random, length)
        out.copyWithin(random.below(length), a.from, a.to)
      })
  }
}

/** One to a handful of changes, never longer than the target takes. */
export const mutate = (input: Uint8Array, random: Random, material: Material): Uint8Array => {
  let out = input
  for (let times = 1 + (random.once(2) ? 0 : random.below(6)); times > 0; times--) out = change(out, random, material)
  return out.length > material.longest ? out.slice(0, material.longest) : out === input ? input.slice() : out
}
