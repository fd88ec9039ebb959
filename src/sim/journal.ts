/** What happened inside a simulated modem, with times in milliseconds of the Clock service. */
import * as Schema from "effect/Schema"

export const JournalEntry = Schema.TaggedUnion({
  Plugged: { at: Schema.Finite, portPath: Schema.String, mode: Schema.Literals(["application", "boot-and-hold"]) },
  Unplugged: { at: Schema.Finite },
  PortOpened: { at: Schema.Finite, port: Schema.String },
  PortClosed: { at: Schema.Finite, port: Schema.String },
  /** `name` as in qmi.md, e.g. `DMS Set Firmware Preference`. */
  QmiRequest: { at: Schema.Finite, service: Schema.Int, message: Schema.Int, name: Schema.String, client: Schema.Int },
  QmiAnswer: { at: Schema.Finite, message: Schema.Int, name: Schema.String, error: Schema.Int },
  /** Messages of the MBIM function that carries QMI, by name; `detail`: command, status or error. */
  MbimRequest: { at: Schema.Finite, request: Schema.String, detail: Schema.String },
  MbimAnswer: { at: Schema.Finite, answer: Schema.String, detail: Schema.String },
  AtCommand: { at: Schema.Finite, command: Schema.String, final: Schema.String },
  QdlRequest: { at: Schema.Finite, request: Schema.String, detail: Schema.String },
  QdlAnswer: { at: Schema.Finite, answer: Schema.String, detail: Schema.String },
  ChunkWritten: { at: Schema.Finite, image: Schema.Int, sequence: Schema.Int, bytes: Schema.Int },
  /** A whole image with a right checksum; `sha256` of header and payload in hex. */
  ImageReceived: {
    at: Schema.Finite,
    sha256: Schema.String,
    headerBytes: Schema.Int,
    payloadBytes: Schema.Int,
    type: Schema.String,
    version: Schema.String
  },
  /** An image that was begun and will not be finished. */
  ImageAbandoned: { at: Schema.Finite, received: Schema.Int, wanted: Schema.Int, why: Schema.String },
  PreferenceSet: { at: Schema.Finite, firmware: Schema.String, config: Schema.String, carrier: Schema.String },
  Booted: {
    at: Schema.Finite,
    mode: Schema.Literals(["application", "boot-and-hold"]),
    firmware: Schema.String,
    config: Schema.String,
    carrier: Schema.String,
    slot: Schema.Int,
    lowPower: Schema.Boolean
  },
  /** The modem itself took this time: whatever waits for it then is not the host's fault. */
  Busy: { from: Schema.Finite, to: Schema.Finite, doing: Schema.String }
})
export type JournalEntry = typeof JournalEntry.Type

/** Milliseconds between `from` and `to` in which the modem was not busy: the host's own dead time. */
export const idleMillis = (journal: ReadonlyArray<JournalEntry>, from: number, to: number): number => {
  const busy = journal
    .flatMap((entry) => (entry._tag === "Busy" ? [[entry.from, entry.to] as const] : []))
    .toSorted(([a], [b]) => a - b)
  let idle = 0
  let reached = from
  for (const [start, end] of busy) {
    if (start > reached) idle += Math.min(start, to) - Math.min(reached, to)
    reached = Math.max(reached, end)
  }
  return idle + Math.max(0, to - reached)
}
