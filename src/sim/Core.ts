/** What the servers on a modem's ports may use of the modem they belong to. */
import type * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { Checksums } from "../image/checksums.ts"
import type { Fault, Faults } from "./faults.ts"
import type { JournalEntry } from "./journal.ts"
import type { ModemState } from "./ModemState.ts"
import type { Model } from "./models/Model.ts"
import type { Timing } from "./timing.ts"

export interface Core {
  readonly model: Model
  readonly imei: string
  /** How images are summed; the default needs no platform. */
  readonly checksums: Checksums
  readonly timing: Timing
  readonly faults: Faults
  readonly state: Effect.Effect<ModemState>
  readonly update: (f: (state: ModemState) => ModemState) => Effect.Effect<void>
  /** In one go: nothing happens between looking and changing. */
  readonly modify: <A>(f: (state: ModemState) => readonly [A, ModemState]) => Effect.Effect<A>
  readonly now: Effect.Effect<number>
  readonly note: (entry: JournalEntry) => Effect.Effect<void>
  /** Sleeps and notes the time as the modem's own. */
  readonly busy: (doing: string, millis: number) => Effect.Effect<void>
  /** Starts a restart and returns: the modem leaves the bus after its `leave` time, or at once. */
  readonly restart: (options?: { readonly atOnce?: boolean }) => Effect.Effect<void>
  /** Leaves the bus at once and comes back only when unplugged and plugged in again. */
  readonly switchOff: Effect.Effect<void>
  /** Undoes what came over the download port since boot-and-hold was entered, all of it or the carrier images. */
  readonly forgetReceived: (what: "all" | "carrier") => Effect.Effect<void>
  /** This enumeration follows a boot; otherwise the modem was up before the program began. */
  readonly booting: boolean
  /** Fibers of this enumeration live here. */
  readonly scope: Scope.Scope
}

/** Never answers again until the next power cycle. */
export const isHang = (faults: ReadonlyArray<Fault>): boolean => faults.some(({ _tag }) => _tag === "Hang")
