/**
 * Taking an update back: wherever the modem is by now, it is brought to run what it ran before, with its old preference. A
 * half-done update that is left alone ends in low power or in boot-and-hold (failures.md §1, §3).
 */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Ref from "effect/Ref"
import type { Family } from "../device/families/Family.ts"
import { describeDevice } from "../device/Modem.ts"
import type { Modem } from "../device/Modem.ts"
import { watchBus } from "../device/watch.ts"
import type { Arrival } from "../device/watch.ts"
import type { Expectation } from "../plan/compare.ts"
import { differencesFrom, hasArrived, hasWayBack, oldPreference } from "../plan/take-back.ts"
import { preferenceIn, samePreference } from "../plan/facts.ts"
import type { ModemFacts, Preference } from "../plan/facts.ts"
import type { Condition } from "./condition.ts"
import { emit } from "./events.ts"
import { FlowError } from "./FlowError.ts"
import type { Road } from "./roads.ts"
import { nowIs, Run } from "./Run.ts"
import { validateBy } from "./steps/boot.ts"
import type { WantedFirmware } from "./steps/state.ts"
import { openLoader } from "./steps/transfer.ts"

export interface Bringing {
  readonly modem: Modem
  readonly family: Family
  /** What the modem said before anything was changed. */
  readonly before: ModemFacts
  /** What the update wanted: a modem that has come that far is left there. */
  readonly wanted: WantedFirmware & Partial<Omit<Preference, "firmware">>
  readonly road: Road
}

/** For the plan: the wait for the modem, a boot loader that still programs, two boots, and the questions. */
export const bringBackDeadline: Duration.Duration = Duration.minutes(25)

/** For a modem that is not there: whoever pulled its plug may put it in again. */
const presence = Duration.minutes(2)

/** A modem that was told to restart is still there for a moment. */
const leaving = Duration.seconds(15)

/** Conditions in which the modem is as it was, or as it was wanted. */
const settled: ReadonlySet<Condition["_tag"]> = new Set(["Untouched", "PreferenceRestored", "RolledBack", "Running"])

/** The modem where it is now, in either mode. */
const locate = Effect.fnUntraced(function* ({ modem, road }: Bringing, left: Condition) {
  const watch = yield* watchBus
  if (left._tag === "Restarting") yield* watch.gone(modem.device.key).pipe(Effect.timeoutOption(leaving))
  const arrival = yield* watch.await({
    identity: modem.identity,
    awaited: [
      ...road.roles.map((role) => ({ mode: "application", role }) as const),
      { mode: "boot-and-hold", role: "download" }
    ],
    deadline: presence,
    present: true
  })
  yield* emit({ _tag: "ModemSeen", device: describeDevice(arrival.device), mode: arrival.mode })
  return arrival
})

/**
 * Resets a modem out of boot-and-hold without sending it anything: it starts what it has. A slot that was half written is
 * invalid before and after. One without any firmware that is whole comes back in boot-and-hold.
 */
export const leaveHold = Effect.fnUntraced(function* (family: Family, arrival: Arrival) {
  const watch = yield* watchBus
  yield* Effect.scoped(
    Effect.gen(function* () {
      const { qdl } = yield* openLoader(family, arrival)
      yield* qdl.dloadSwitch
      yield* qdl.reset
      yield* nowIs({ _tag: "Restarting" })
      yield* qdl.release
    })
  )
  return watch
})

/** The modem in application mode, answering. Where it has nothing to start, `left` is still what is known of it. */
const arrive = Effect.fnUntraced(function* (bringing: Bringing, left: Condition) {
  const { family, modem, road } = bringing
  const arrival = yield* locate(bringing, left)
  if (arrival.mode === "application") return yield* road.open({ ...modem, device: arrival.device })
  const watch = yield* leaveHold(family, arrival)
  return yield* road.await(modem, family, watch).pipe(
    Effect.tapError(() =>
      Effect.gen(function* () {
        const now = yield* Ref.get((yield* Run).condition)
        if (now._tag === "BootAndHold" && left._tag !== "Restarting") yield* nowIs(left)
      })
    )
  )
})

export const bringBack = Effect.fn("bringBack")(function* (bringing: Bringing) {
  const { before, family, modem, road } = bringing
  const left = yield* Ref.get((yield* Run).condition)
  if (settled.has(left._tag)) return
  yield* Effect.scoped(
    Effect.gen(function* () {
      let opened = yield* arrive(bringing, left)
      const found = yield* opened.read
      if (before.imei !== undefined && found.imei !== undefined && found.imei !== before.imei) {
        return yield* new FlowError({
          reason: { _tag: "AnotherModem", wanted: `IMEI ${before.imei}`, found: `IMEI ${found.imei}` }
        })
      }
      if (hasArrived({ before, wanted: bringing.wanted }, found)) {
        yield* nowIs({ _tag: "Running", firmware: found.firmware })
        const detail = `the modem runs ${found.firmware}, as was wanted: it is left there`
        return yield* emit({ _tag: "Note", step: "undo", detail })
      }
      if (!hasWayBack(before, found)) {
        const detail = `the modem runs ${found.firmware}, and there is nothing that it could go back to`
        return yield* emit({ _tag: "Note", step: "undo", detail })
      }
      const old = oldPreference(before)
      const current = preferenceIn(found)
      if (old !== undefined && (current === undefined || !samePreference(current, old))) yield* opened.prefer(old)
      const expectation: Expectation = { firmware: before.firmware, preference: old, before }
      if (differencesFrom(expectation, yield* opened.read).length > 0) {
        opened = yield* road.await(modem, family, yield* opened.restart)
      }
      const { validated } = yield* validateBy(family, opened.read, expectation, differencesFrom)
      yield* nowIs({
        _tag: "RolledBack",
        firmware: validated.after.firmware,
        ...(old === undefined ? {} : { preference: old })
      })
      yield* opened.close
    })
  )
})
