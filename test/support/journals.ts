/** Runs to write down, and their lines. */
import * as Arbitrary from "effect/Arbitrary"
import { encodeLine } from "../../src/journal/codec.ts"
import { Begun, Entry } from "../../src/journal/entry.ts"
import type { Owner } from "../../src/journal/entry.ts"
import type { Condition } from "../../src/update/condition.ts"
import type { UpdateEvent } from "../../src/update/events.ts"
import type { RunStart } from "../../src/update/Journal.ts"
import { facts9x30 } from "./plan-facts.ts"

export const owner: Owner = { pid: 4711, program: "boothold" }

export const start: RunStart = {
  flow: "update",
  family: "SWI9X30",
  modem: {
    label: "EM7455 1199:9071 at 1-2",
    mode: "application",
    vidPid: "1199:9071",
    portPath: "1-2",
    serial: "LF001"
  },
  images: [{ path: "/images/a.cwe", name: "a.cwe", role: "system", bytes: 400, sha256: "00ff" }],
  wanted: { firmware: "02.33.03.00" },
  options: { overrideDownload: false, skipValidation: false },
  facts: facts9x30
}

export const begunOf = (run: RunStart = start, at = 0): Begun => ({
  _tag: "Begun",
  n: 0,
  at,
  journal: "boothold",
  version: 1,
  owner,
  run
})

/** Lines after the first one, numbered as they come. */
export const entriesOf = (
  ...said: ReadonlyArray<UpdateEvent | { readonly becomes: Condition }>
): ReadonlyArray<Entry> =>
  said.map((one, index) =>
    "becomes" in one
      ? { _tag: "Became", n: index + 1, at: index + 1, condition: one.becomes }
      : { _tag: "Happened", n: index + 1, at: index + 1, event: one }
  )

export const joined = (pieces: ReadonlyArray<Uint8Array>): Uint8Array => new Uint8Array(Buffer.concat(pieces))

export const bytesOf = (begun: Begun, entries: ReadonlyArray<Entry>): Uint8Array =>
  joined([begun, ...entries].map(encodeLine))

export const stepStarted = (step: string, risk: "none" | "reads" | "writes-flash" = "none"): UpdateEvent => ({
  _tag: "StepStarted",
  step,
  title: `do ${step}`,
  risk,
  deadlineMillis: 1000
})

export const anyEntry = Arbitrary.schema(Entry)
export const anyBegun = Arbitrary.schema(Begun)
