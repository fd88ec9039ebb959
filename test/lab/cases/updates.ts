/** The updates that both tools do, and what must be true of the modem after each. */
import assert from "node:assert/strict"
import { createHash } from "node:crypto"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import type { ModemHandle, ModemWishes, State } from "../guest/modem.ts"
import { imageFolder } from "../guest/tools.ts"
import { sets } from "../sets.ts"
import type { Compared } from "../../fidelity/report.ts"

export interface Update {
  readonly name: string
  /** Only with `--all`: the same modem under another maker's ids. */
  readonly extended?: boolean
  readonly model: string
  readonly wishes: ModemWishes
  /** USB ids in both modes. */
  readonly application: string
  readonly holding: string
  readonly set: (typeof sets)[keyof typeof sets]
}

export const updates: ReadonlyArray<Update> = [
  {
    name: "9200",
    model: "mc7710",
    wishes: {},
    application: "1199:68a2",
    holding: "1199:68a2",
    set: sets["9200"]
  },
  {
    name: "9x15",
    model: "mc7354",
    wishes: {},
    application: "1199:68c0",
    holding: "1199:68c0",
    set: sets["9x15"]
  },
  {
    name: "9x30",
    model: "em7455",
    wishes: {},
    application: "1199:9071",
    holding: "1199:9070",
    set: sets["9x30"]
  },
  {
    name: "9x30-9079",
    extended: true,
    model: "em7455-lenovo",
    wishes: {},
    application: "1199:9079",
    holding: "1199:9078",
    set: sets["9x30"]
  }
]

/** No way into boot-and-hold by QMI is left, 0x003E and 0x0050 being refused: then it has to be AT. */
export const onlyByAt: ModemWishes = { faults: ["qmiRefuses:message=62", "qmiRefuses:message=80"] }

/** The same modem with MBIM instead of QMI (composition 8): everything else is to be as ever. */
export const mbimUpdate: Update = {
  name: "9x30-mbim",
  model: "em7455",
  wishes: { words: ["--composition", "8"] },
  application: "1199:9071",
  holding: "1199:9070",
  set: sets["9x30"]
}

/** Boots in which both tools are heard, and the cases whose transcripts both keep: test/fidelity compares them. */
export const heardIn: ReadonlyArray<{
  readonly groups: ReadonlyArray<string>
  readonly compared: ReadonlyArray<Compared & { readonly extended?: boolean }>
}> = [
  {
    groups: ["upstream", "boothold"],
    compared: [
      ...updates.map(({ extended = false, name }) => ({ name: `update-${name}`, extended })),
      // The reference ends with its reset; ours goes on, and asks the modem what it runs.
      { name: "download-9x30", stays: 2 },
      { name: "reset-by-at" }
    ]
  },
  { groups: ["mbim"], compared: [{ name: `update-${mbimUpdate.name}` }] }
]

/** One slot: what is half written is all that there is. */
export const x9200 = updates.find(({ name }) => name === "9200") as Update
/** 9x30 is where the cases of all models need no repetition. */
export const x30 = updates.find(({ name }) => name === "9x30") as Update

/** What a modem must have received: every file once, the system image first. */
export const hashes = ({ set }: Update): ReadonlyArray<string> =>
  set.files.map((name) =>
    createHash("sha256")
      .update(readFileSync(join(imageFolder(), name)))
      .digest("hex")
  )

/** It runs what was wanted, is online, and received the very bytes of the files, each once. */
export const assertUpdated = (update: Update, modem: ModemHandle, state: State, id = update.model): void => {
  assert.deepEqual(modem.received(id), hashes(update), "the modem received other bytes")
  assertRuns(update, state)
}

/** It runs what was wanted, is online, and a slot holds the very bytes of the system image. */
export const assertRuns = (update: Update, state: State): void => {
  const { set } = update
  assert.equal(state.mode, "application")
  assert.equal(state.operatingMode, 0, "it is not online")
  if (set.preference === null) {
    assert.equal(state.running.firmware, "03.05.29.03")
    assert.equal(state.preference, null)
  } else {
    const { carrier, config, firmware } = state.running
    assert.deepEqual({ firmware, config, carrier }, set.preference, "it runs something else")
    assert.deepEqual(state.preference, set.preference)
  }
  const slot = state.slots.find(({ sha256 }) => sha256 === hashes(update)[0])
  assert.equal(slot?.status, "GOOD", "no slot holds the system image")
}

/** As it was delivered, and nothing was written to it. */
export const assertUntouched = (modem: ModemHandle, state: State, firmware: string): void => {
  assert.deepEqual(modem.received(), [])
  assert.equal(state.mode, "application")
  assert.equal(state.running.firmware, firmware)
  assert.deepEqual(
    state.slots.filter(({ status }) => status === "BAD"),
    []
  )
  assert.deepEqual(
    modem.journal().filter(({ _tag }) => _tag === "PreferenceSet" || _tag === "ChunkWritten"),
    []
  )
}
