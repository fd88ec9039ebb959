/** One parser that is fed by a file or a device, and what must hold for every input. */
import type { Random } from "./Random.ts"

export interface Target {
  /** As on the command line, and the name of its folder in fixtures/fuzz. */
  readonly name: string
  /** Good inputs: from our own builders and from the documents. */
  readonly seeds: () => Iterable<Uint8Array>
  /** What the parser knows: markers, keywords. */
  readonly tokens?: ReadonlyArray<Uint8Array | string>
  /** Makes lengths and sums right again, so that a mutation gets behind them. */
  readonly repair?: (input: Uint8Array, random: Random) => Uint8Array
  /** Longest input, bytes. */
  readonly longest?: number
  /** How long one input may take, milliseconds. */
  readonly millis?: number
  /** How much one input may allocate, bytes. */
  readonly memory?: number
  /** Writes files for every input. */
  readonly onDisk?: true
  /** Throws where the parser threw, or where what must hold does not. */
  readonly run: (input: Uint8Array) => void | Promise<void>
}

export const longestOf = (target: Target): number => target.longest ?? 4096

/** A byte may cost so much, and every input this at least: objects are larger than bytes. */
export const memoryLimit = (target: Target, input: Uint8Array): number =>
  target.memory ?? 2 * 1024 * 1024 + 4096 * input.length

export const millisLimit = (target: Target, input: Uint8Array): number => target.millis ?? 100 + input.length / 20
