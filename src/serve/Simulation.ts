/** Simulated modems that live as long as the program: with what they remember, and with all that is written down of them. */
import * as Effect from "effect/Effect"
import { createHash } from "node:crypto"
import type { JournalEntry, ModemSetup, SimModem } from "../sim/index.ts"
import { make } from "../sim/index.ts"
import { Tap, tapped } from "../transport/Connection.ts"
import type { TapRecord } from "../transport/Connection.ts"
import { openJsonLines } from "./JsonLines.ts"
import type { ServeError } from "./ServeError.ts"
import { badState, keepState, loadState } from "./StateFile.ts"
import type { SavedModem } from "./StateFile.ts"

export interface NamedSetup {
  /** As it is called in commands and outputs; unique. */
  readonly id: string
  readonly setup: ModemSetup
}

export interface NamedModem {
  readonly id: string
  readonly modem: SimModem
}

export interface SimulationOptions {
  /** Loaded where it exists, saved on every change. */
  readonly stateFile?: string | undefined
  readonly journalFile?: string | undefined
  readonly transcriptFile?: string | undefined
  /** Told every entry of every journal, in order. */
  readonly onEntry?: (id: string, entry: JournalEntry) => Effect.Effect<void>
}

/** A transfer beyond this is written down as length and SHA-256. No terminal and no USB port makes one. */
const longestInHex = 65_536

const transcriptLine = (id: string, enumeration: number, record: TapRecord) => {
  const { at, bytes, direction, endpoint } = record
  const port = endpoint.slice(endpoint.lastIndexOf("/") + 1)
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const payload =
    bytes.length <= longestInHex
      ? buffer.toString("hex")
      : { length: bytes.length, sha256: createHash("sha256").update(buffer).digest("hex") }
  return { at, modem: id, enumeration, port, direction, bytes: payload }
}

/** The same modem, whose ports are listened to. */
const overheard = (
  modem: SimModem,
  tap: (enumeration: number, record: TapRecord) => Effect.Effect<void>
): SimModem => ({
  ...modem,
  connect: (role) =>
    Effect.flatMap(modem.attachment, (attachment) => {
      const listener = (record: TapRecord) => tap(attachment?.enumeration ?? 0, record)
      return Effect.flatMap(modem.connect(role), tapped).pipe(Effect.provideService(Tap, listener))
    })
})

/** The setups as they were left: same modems, other state. */
const restored = Effect.fnUntraced(function* (file: string, setups: ReadonlyArray<NamedSetup>) {
  const saved = yield* loadState(file)
  if (saved === undefined) return setups
  const names = (modems: ReadonlyArray<{ readonly id: string }>) => modems.map(({ id }) => id).join(" ")
  if (names(saved) !== names(setups)) {
    return yield* badState(file, `at ["modems"]: it holds ${names(saved) || "none"}, not ${names(setups)}`)
  }
  return setups.map(({ id, setup }, index): NamedSetup => {
    const one = saved[index]
    return one === undefined
      ? { id, setup }
      : { id, setup: { ...setup, serial: one.serial, imei: one.imei, portPath: one.usbPath, state: one.state } }
  })
})

const savedModem = ({ id, modem }: NamedModem, usbPath: string) =>
  Effect.map(modem.state, (state): SavedModem => ({
    id,
    model: modem.model.name,
    serial: modem.serial,
    imei: modem.imei,
    usbPath,
    state
  }))

/**
 * Makes the modems; they live as long as the scope. Every modem is plugged in when a run begins: one that was saved while
 * it was off the bus starts as after power-on. `broken` fails when a file can no longer be written.
 */
export const startSimulation = Effect.fnUntraced(function* (
  setups: ReadonlyArray<NamedSetup>,
  options: SimulationOptions = {}
) {
  const { journalFile, onEntry, stateFile, transcriptFile } = options
  const journal = journalFile === undefined ? undefined : yield* openJsonLines(journalFile)
  const transcript = transcriptFile === undefined ? undefined : yield* openJsonLines(transcriptFile)
  const known = stateFile === undefined ? setups : yield* restored(stateFile, setups)
  const usbPaths = new Map(known.map(({ id, setup }) => [id, setup.portPath]))

  const modems: Array<NamedModem> = []
  const off: Array<SimModem> = []
  for (const { id, setup } of known) {
    const made = yield* make(setup)
    const modem =
      transcript === undefined
        ? made
        : overheard(made, (enumeration, record) => transcript.write(transcriptLine(id, enumeration, record)))
    modems.push({ id, modem })
    if (setup.state.mode === "off") off.push(modem)
    yield* modem.follow((entry) =>
      Effect.gen(function* () {
        if (entry._tag === "Plugged") usbPaths.set(id, entry.portPath)
        yield* journal?.write({ ...entry, modem: id }) ?? Effect.void
        yield* onEntry?.(id, entry) ?? Effect.void
      })
    )
  }

  const saving: Array<Effect.Effect<never, ServeError>> = []
  if (stateFile !== undefined) {
    const all = Effect.forEach(modems, (named) => savedModem(named, usbPaths.get(named.id) ?? ""))
    const kept = yield* keepState(stateFile, all)
    for (const { modem } of modems) yield* modem.onChange(kept.changed)
    saving.push(kept.saving)
  }
  return {
    modems,
    /** Those that were saved while they were off: to be called when their ports are served. */
    powerOn: Effect.forEach(off, (modem) => modem.plug(), { discard: true }),
    broken: Effect.raceAllFirst([
      ...saving,
      ...[journal, transcript].flatMap((lines) => (lines === undefined ? [] : [lines.broken])),
      Effect.never
    ])
  }
})
