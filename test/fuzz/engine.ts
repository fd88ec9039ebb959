/**
 * Mutates inputs of a target, keeps those that reach something new, and finds those that break it: an exception, a
 * broken invariant, too much time, too much memory.
 */
import { getHeapStatistics } from "node:v8"
import type { Coverage } from "./coverage.ts"
import { mutate } from "./mutate.ts"
import type { Material } from "./mutate.ts"
import { Random } from "./Random.ts"
import { longestOf, memoryLimit, millisLimit } from "./Target.ts"
import type { Target } from "./Target.ts"

export interface Finding {
  readonly target: string
  /** The same for inputs that break it in the same place. */
  readonly kind: string
  readonly detail: string
  readonly input: Uint8Array
}

export interface Options {
  readonly inputs: number
  /** Of the processor's time: the machine may have other work. */
  readonly seconds?: number
  readonly seed: number
  readonly corpus: ReadonlyArray<Uint8Array>
  /** Steers by it; without it, only the given corpus is mutated. */
  readonly coverage?: Coverage
  /** Told of every input before it runs. */
  readonly watch?: (input: Uint8Array) => void
  /** Distinct findings after which the target is left. */
  readonly findings?: number
}

export interface Report {
  readonly inputs: number
  /** Of the processor's time. */
  readonly millis: number
  /** All that reached something new. */
  readonly corpus: ReadonlyArray<Uint8Array>
  readonly findings: ReadonlyArray<Finding>
  readonly slowest: number
  /** Most that one measured input allocated, bytes. */
  readonly largest: number
}

const kindOf = (error: unknown): string => {
  if (!(error instanceof Error)) return String(error)
  const place = /^\s+at (.*src\/.*|.*targets\/.*)$/m.exec(error.stack ?? "")?.[1] ?? ""
  return `${error.name}: ${error.message.split(": found")[0]!.replaceAll(/\d+/g, "N").slice(0, 120)} ${place}`
}

const allocated = (): number => {
  const { external_memory, used_heap_size } = getHeapStatistics()
  return external_memory + used_heap_size
}

/** Every so many inputs, one is measured by itself. */
const measureEach = 64

export const fuzz = async (target: Target, options: Options): Promise<Report> => {
  const random = new Random(options.seed)
  const { coverage } = options
  const corpus: Array<Uint8Array> = []
  const findings = new Map<string, Finding>()
  const most = options.findings ?? 20
  const material: Material = {
    corpus,
    tokens: (target.tokens ?? []).map((token) => (typeof token === "string" ? new TextEncoder().encode(token) : token)),
    longest: longestOf(target)
  }
  let inputs = 0
  let slowest = 0
  let largest = 0
  const cpuMillis = (): number => {
    const { system, user } = process.cpuUsage()
    return (system + user) / 1000
  }
  const begun = cpuMillis()

  const failure = async (input: Uint8Array): Promise<{ kind: string; detail: string } | undefined> => {
    const { stackTraceLimit } = Error
    Error.stackTraceLimit = 30
    try {
      await target.run(input.slice())
      return undefined
    } catch (error) {
      return { kind: kindOf(error), detail: error instanceof Error ? (error.stack ?? error.message) : String(error) }
    } finally {
      Error.stackTraceLimit = stackTraceLimit
    }
  }

  /** Without what is not needed to break it in the same way. */
  const smallest = async (input: Uint8Array, kind: string): Promise<Uint8Array> => {
    let best = input
    const until = performance.now() + 3000
    for (let size = Math.ceil(best.length / 2); size >= 1 && performance.now() < until;) {
      let cut = false
      for (let at = 0; at < best.length && performance.now() < until; at += size) {
        const shorter = Uint8Array.from([...best.subarray(0, at), ...best.subarray(at + size)])
        if ((await failure(shorter))?.kind === kind) {
          best = shorter
          cut = true
          at -= size
        }
      }
      if (!cut) size = size === 1 ? 0 : Math.ceil(size / 2)
    }
    return best
  }

  const found = (input: Uint8Array, kind: string, detail: string): void => {
    if (!findings.has(kind)) findings.set(kind, { target: target.name, kind, detail, input })
  }

  /** The machine has other work too: counted is our own time on it, and what is slow must be slow again and again. */
  const timeOf = async (input: Uint8Array): Promise<number> => {
    let best = Number.POSITIVE_INFINITY
    for (let i = 0; i < 4; i++) {
      const from = process.cpuUsage()
      await target.run(input.slice())
      const { system, user } = process.cpuUsage(from)
      best = Math.min(best, (system + user) / 1000)
    }
    return best
  }

  const once = async (input: Uint8Array, measured: boolean): Promise<void> => {
    options.watch?.(input)
    inputs++
    const before = measured ? allocated() : 0
    const from = performance.now()
    try {
      const run = target.run(input)
      if (run !== undefined) await run
    } catch {
      const broken = await failure(input)
      if (broken === undefined) return found(input, "unsteady", "broke it once and not again")
      if (findings.has(broken.kind)) return
      const small = await smallest(input, broken.kind)
      return found(small, broken.kind, (await failure(small))?.detail ?? broken.detail)
    }
    const millis = performance.now() - from
    if (measured) {
      // A collection in between makes it less, never more.
      const size = allocated() - before
      largest = Math.max(largest, size)
      if (size > memoryLimit(target, input)) {
        found(input, "memory", `${String(size)} bytes for an input of ${String(input.length)}`)
      }
    }
    if (millis > slowest) {
      const again = millis > 5 ? await timeOf(input) : millis
      slowest = Math.max(slowest, again)
      if (again > millisLimit(target, input)) {
        found(input, "time", `${again.toFixed(0)} ms for an input of ${String(input.length)} bytes`)
      }
    }
  }

  /** Which of these inputs were new, by halves. */
  const attribute = async (batch: ReadonlyArray<Uint8Array>): Promise<void> => {
    if (coverage === undefined) return
    for (const input of batch) await once(input, batch.length === 1)
    const take = coverage.take()
    if (!coverage.isNew(take)) return
    const [only] = batch
    if (batch.length === 1 && only !== undefined) {
      coverage.keep(take)
      corpus.push(only)
      return
    }
    const middle = Math.ceil(batch.length / 2)
    await attribute(batch.slice(0, middle))
    await attribute(batch.slice(middle))
  }

  const given = [...target.seeds(), ...options.corpus].filter((input) => input.length <= material.longest)
  coverage?.take()
  if (coverage === undefined) {
    for (const input of given) await once(input, true)
    corpus.push(...given)
  } else {
    for (const input of given) await attribute([input])
  }
  if (corpus.length === 0) corpus.push(new Uint8Array(0))

  const next = (): Uint8Array => {
    // What was found last leads further.
    const recent = random.once(2) ? Math.max(8, corpus.length >> 3) : corpus.length
    const base = corpus[corpus.length - 1 - random.below(Math.min(recent, corpus.length))]!
    const input = mutate(base, random, material)
    const whole = target.repair !== undefined && random.once(2) ? target.repair(input, random) : input
    return whole.length > material.longest ? whole.slice(0, material.longest) : whole
  }

  let size = 64
  const deadline = options.seconds === undefined ? Number.POSITIVE_INFINITY : begun + options.seconds * 1000
  while (inputs < options.inputs && cpuMillis() < deadline && findings.size < most) {
    const batch: Array<Uint8Array> = []
    const from = performance.now()
    for (let i = 0; i < size && inputs < options.inputs; i++) {
      const input = next()
      if (coverage !== undefined) batch.push(input)
      await once(input, inputs % measureEach === 0)
    }
    if (coverage === undefined) continue
    const ran = performance.now()
    const take = coverage.take()
    const took = performance.now() - ran
    // Looking shall not be more than a tenth of the time.
    size = Math.max(16, Math.min(8192, Math.round((size * 10 * took) / Math.max(ran - from, 0.01))))
    if (coverage.isNew(take)) await attribute(batch)
  }
  return {
    inputs,
    millis: cpuMillis() - begun,
    corpus,
    findings: [...findings.values()],
    slowest,
    largest
  }
}

/** The smallest inputs that reach all that the given ones reach. */
export const minimise = async (
  target: Target,
  inputs: ReadonlyArray<Uint8Array>,
  coverage: Coverage
): Promise<ReadonlyArray<Uint8Array>> => {
  coverage.clear()
  const kept: Array<Uint8Array> = []
  for (const input of inputs.toSorted((a, b) => a.length - b.length)) {
    coverage.recount()
    try {
      await target.run(input.slice())
    } catch {
      continue
    }
    if (coverage.keep(coverage.take())) kept.push(input)
  }
  return kept
}
