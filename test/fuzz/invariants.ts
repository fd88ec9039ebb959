/** What targets assert. Faster than the assertions of the tests, which would be most of the time. */
import * as Result from "effect/Result"
import { hashOf, Random } from "./Random.ts"

const isPlain = (value: unknown): value is object => typeof value === "object" && value !== null

/** Structurally the same; classes, errors and byte arrays by what they hold. */
export const same = (a: unknown, b: unknown): boolean => {
  // -0 is 0: JSON writes it so.
  if (a === b || Object.is(a, b)) return true
  if (!isPlain(a) || !isPlain(b)) return false
  if (a instanceof Uint8Array || b instanceof Uint8Array) {
    return a instanceof Uint8Array && b instanceof Uint8Array && Buffer.compare(a, b) === 0
  }
  if (Array.isArray(a) !== Array.isArray(b)) return false
  if (a instanceof Map && b instanceof Map) return same([...a], [...b])
  if (Result.isResult(a) && Result.isResult(b)) {
    return Result.isSuccess(a)
      ? Result.isSuccess(b) && same(a.success, b.success)
      : Result.isFailure(b) && same(a.failure, b.failure)
  }
  const keys = Object.keys(a)
  if (keys.length !== Object.keys(b).length) return false
  return keys.every((key) => Object.hasOwn(b, key) && same(a[key as never], b[key as never]))
}

const shown = (value: unknown): string =>
  JSON.stringify(value, (_key, inner: unknown) =>
    inner instanceof Uint8Array ? Buffer.from(inner).toString("hex") : inner
  )?.slice(0, 600) ?? String(value)

export class Broken extends Error {}

export const hold = (what: string, holds: boolean): void => {
  if (!holds) throw new Broken(what)
}

export const equal = (what: string, found: unknown, wanted: unknown): void => {
  if (!same(found, wanted)) throw new Broken(`${what}: found ${shown(found)}, wanted ${shown(wanted)}`)
}

/** The same bytes in other pieces: which ones depends on the input only. */
export const pieces = (input: Uint8Array): ReadonlyArray<Uint8Array> => {
  const random = new Random(hashOf(input))
  // Byte by byte, in small pieces, or cut a few times.
  const most = random.of([1, 3, 16, Math.max(1, input.length)])
  const out: Array<Uint8Array> = []
  for (let from = 0; from < input.length;) {
    const to = Math.min(input.length, from + 1 + random.below(most))
    out.push(input.subarray(from, to))
    from = to
  }
  return out
}

/** Messages of errors are getters: they are read as a user would see them. */
export const readable = (result: Result.Result<unknown, { readonly message: string }>): void => {
  if (Result.isFailure(result)) hold("the error has a message", result.failure.message.length > 0)
}

export const textOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString("utf8")
export const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text)
