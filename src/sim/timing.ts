/** How long a simulated modem takes for what it does: data of its model, scalable. Milliseconds of the Clock service. */
import * as Schema from "effect/Schema"

const Millis = Schema.Finite.check(Schema.isGreaterThanOrEqualTo(0))

export const Timing = Schema.Struct({
  /** From a QMI request to its answer. */
  qmiAnswer: Millis,
  /** The same for requests that read flash (stored images, preference): flows.md §9.1 calls them slow. */
  qmiFlashAnswer: Millis,
  /** From a command line to its reply. */
  atAnswer: Millis,
  /** From a framed QDL request to its answer. */
  qdlAnswer: Millis,
  /** Programming one MiB of an image. */
  programPerMiB: Millis,
  /** What the last chunk takes on top: "more than one minute" (qdl.md §3.5). */
  lastChunk: Millis,
  /** The same for a carrier image, which is small. */
  lastCarrierChunk: Millis,
  /** From the answer to a reset request until the modem leaves the bus: 1 to 3 s (at.md §3.3 [UNSURE]). */
  leave: Millis,
  /** From leaving the bus to enumerating in boot-and-hold: "a few seconds" (at.md §3.2 [UNSURE]). */
  bootLoader: Millis,
  /** From leaving the bus to enumerating in application mode: 10 to 30 s (at.md §3.3 [UNSURE]). */
  boot: Millis,
  /** What applying each received image adds to that boot. */
  applyImage: Millis,
  /** From enumerating to the first QMI answer. */
  controlReady: Millis,
  /** From enumerating to the first AT reply ("silent for a while", at.md §1). */
  atReady: Millis,
  /** Silence inside the data of one write after which the boot loader gives up (error 0x19; the length is inferred). */
  receiveTimeout: Millis
})
export type Timing = typeof Timing.Type

/**
 * Of the order that the field reports: 9x30 needs 250 to 320 s for one system image in a router maker's script, 9x15
 * 160 s (failures.md §11); single answers are fast.
 */
export const realistic: Timing = {
  qmiAnswer: 8,
  qmiFlashAnswer: 120,
  atAnswer: 15,
  qdlAnswer: 3,
  programPerMiB: 900,
  lastChunk: 65_000,
  lastCarrierChunk: 2_500,
  leave: 1_200,
  bootLoader: 4_000,
  boot: 15_000,
  applyImage: 4_000,
  controlReady: 6_000,
  atReady: 3_000,
  receiveTimeout: 10_000
}

/** No latency at all, except the receive timeout, which is a limit and not a latency. */
export const instant: Timing = {
  qmiAnswer: 0,
  qmiFlashAnswer: 0,
  atAnswer: 0,
  qdlAnswer: 0,
  programPerMiB: 0,
  lastChunk: 0,
  lastCarrierChunk: 0,
  leave: 0,
  bootLoader: 0,
  boot: 0,
  applyImage: 0,
  controlReady: 0,
  atReady: 0,
  receiveTimeout: realistic.receiveTimeout
}

/** All latencies times `factor`; the receive timeout is a limit and stays. */
export const scaleTiming =
  (factor: number) =>
  (timing: Timing): Timing => {
    const { receiveTimeout, ...latencies } = timing
    const scaled = Object.fromEntries(Object.entries(latencies).map(([name, millis]) => [name, millis * factor]))
    return { ...(scaled as Omit<Timing, "receiveTimeout">), receiveTimeout }
  }
