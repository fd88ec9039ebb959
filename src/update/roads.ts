/** The ways to a modem in application mode, as far as telling it what to run needs them: by QMI, or by AT. */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { Family } from "../device/families/Family.ts"
import type { Modem } from "../device/Modem.ts"
import type { PortRole, UsbBus } from "../device/UsbBus.ts"
import type { BusWatch } from "../device/watch.ts"
import { samePreference, showPreference } from "../plan/facts.ts"
import type { ModemFacts, Preference } from "../plan/facts.ts"
import type { AtError } from "../session/AtError.ts"
import type { AtSession } from "../session/AtSession.ts"
import type { QmiFailure, QmiSession } from "../session/QmiSession.ts"
import { modemFactsOf } from "./at-modem-facts.ts"
import { FlowError } from "./FlowError.ts"
import { readAtFacts } from "./read-at-facts.ts"
import { readFacts, readPreference } from "./read-facts.ts"
import { nowIs } from "./Run.ts"
import type { Run } from "./Run.ts"
import { waitUntilItAnswers as waitByAt } from "./steps/at-boot.ts"
import { namesOf, readBack, tell } from "./steps/at-preference.ts"
import { waitUntilItAnswers } from "./steps/boot.ts"
import { openAtPort } from "./steps/by-at.ts"
import { controlSession } from "./steps/control.ts"
import { resetByAt } from "./steps/reset-by-at.ts"
import { offlineAndReset, setTo } from "./steps/preference.ts"
import type { StepError } from "./UpdateError.ts"

/** A modem that answers. */
export interface Opened {
  readonly read: Effect.Effect<ModemFacts, FlowError | QmiFailure | AtError>
  /** Tells it what to run, and makes sure that it keeps that, and has all of it stored. */
  readonly prefer: (preference: Preference) => Effect.Effect<void, StepError, Run>
  readonly restart: Effect.Effect<BusWatch, StepError, UsbBus | Run | Scope.Scope>
  readonly close: Effect.Effect<void>
}

export interface Road {
  /** Ports of which one makes the modem reachable. */
  readonly roles: ReadonlyArray<PortRole>
  /** The modem that is in application mode now. */
  readonly open: (modem: Modem) => Effect.Effect<Opened, StepError, UsbBus | Run | Scope.Scope>
  /** The modem once it has started. */
  readonly await: (
    modem: Modem,
    family: Family,
    watch: BusWatch
  ) => Effect.Effect<Opened, StepError, UsbBus | Run | Scope.Scope>
}

const needKept = (wanted: Preference, found: Preference | undefined) =>
  found !== undefined && samePreference(found, wanted)
    ? Effect.void
    : Effect.fail(
        new FlowError({
          reason: {
            _tag: "PreferenceNotTaken",
            wanted: showPreference(wanted),
            found: found === undefined ? "none" : showPreference(found)
          }
        })
      )

const openedControl = (control: QmiSession): Opened => ({
  read: readFacts(control),
  prefer: Effect.fnUntraced(function* (preference) {
    yield* nowIs({ _tag: "PreferenceChanged", wanted: preference })
    const { download = [] } = yield* setTo(control, preference)
    yield* needKept(preference, yield* readPreference(control))
    if (download.length === 0) return
    const wanted = download.map((type) => `the ${String(type)} image of ${showPreference(preference)}`)
    return yield* new FlowError({ reason: { _tag: "ImagesMissing", wanted } })
  }),
  restart: offlineAndReset(control),
  close: control.close
})

export const byQmi: Road = {
  roles: ["control"],
  open: (modem) => Effect.map(controlSession(modem), openedControl),
  await: (modem, family, watch) => Effect.map(waitUntilItAnswers(modem, watch, family.deadlines.boot), openedControl)
}

const openedAt =
  (why: string) =>
  (at: AtSession): Opened => ({
    read: Effect.flatMap(readAtFacts(at), (facts) => Effect.fromResult(modemFactsOf(facts, why))),
    prefer: Effect.fnUntraced(function* (preference) {
      const { preference: told } = yield* readAtFacts(at)
      if (told === undefined) {
        const reason = { _tag: "FeatureMissing", feature: "AT!IMPREF? or AT!GOBIIMPREF?", error: 0 } as const
        return yield* new FlowError({ reason })
      }
      yield* nowIs({ _tag: "PreferenceChanged", wanted: preference })
      yield* tell(at, told.command, namesOf(preference))
      yield* needKept(preference, yield* readBack(at, told.command))
    }),
    restart: resetByAt(at),
    close: at.close
  })

/** `why`: what keeps QMI from being used. */
export const byAt = (why: string): Road => ({
  roles: ["at", "unknown"],
  open: (modem) =>
    Effect.map(
      openAtPort(modem, { text: why, help: "Look with `boothold list` which ports the modem has." }),
      ({ session }) => openedAt(why)(session)
    ),
  await: (modem, family, watch) => Effect.map(waitByAt(modem, watch, family.deadlines.boot), openedAt(why))
})
