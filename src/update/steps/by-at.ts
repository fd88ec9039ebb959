/**
 * The same work by AT, for a modem whose control port cannot be used: asked with `ATI` and its like, held with
 * `AT!BOOTHOLD`, its preference told with `AT!IMPREF=` (at.md §3.2, §4.2). Only what the modem answers counts.
 */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type { Family } from "../../device/families/Family.ts"
import type { Modem } from "../../device/Modem.ts"
import { UsbBus } from "../../device/UsbBus.ts"
import { step } from "../../flow/Step.ts"
import type { PreferenceFacts } from "../../plan/facts.ts"
import type { AtSession } from "../../session/AtSession.ts"
import { modemFactsOf } from "../at-modem-facts.ts"
import { findAtPort, hasCandidate, notAsked, unlock } from "../at-port.ts"
import { FlowError } from "../FlowError.ts"
import { readAtFacts } from "../read-at-facts.ts"
import { bootHold, entryDeadline, refused, tryWays } from "./boot-and-hold.ts"
import type { Tried } from "./boot-and-hold.ts"
import { putBackByAt } from "./at-preference.ts"
import type { PreferenceSet } from "./at-preference.ts"
import { resetByAt } from "./reset-by-at.ts"

/** Finds the AT port of the modem where it is now. `why`: what is wrong with its control port. */
export const openAtPort = Effect.fnUntraced(function* (
  modem: Modem,
  why: { readonly text: string; readonly help: string }
) {
  const bus = yield* UsbBus
  const device = (yield* bus.devices).find(({ key }) => key === modem.device.key) ?? modem.device
  const { answers, found } = hasCandidate(device)
    ? yield* findAtPort(device)
    : { answers: notAsked(device), found: undefined }
  if (found !== undefined) return found
  return yield* new FlowError({
    reason: { _tag: "NoWayIn", control: why.text, help: why.help, ports: [...answers] }
  })
})

export const openAt = step({
  name: "open-at",
  title: "find the modem's AT port among its serial ports",
  risk: "reads",
  deadline: Duration.seconds(30),
  run: ({ modem, why }: { readonly modem: Modem; readonly why: string }) =>
    Effect.map(
      openAtPort(modem, {
        text: why,
        help: "Look with `boothold list` which ports the modem has, and stop programs that hold them."
      }),
      ({ session }) => ({ at: session })
    )
})

/** Unlocked first: newer firmware refuses some of what follows (at.md §6, rule 1). */
const ask = Effect.fnUntraced(function* (at: AtSession, why: string) {
  yield* unlock(at)
  const atFacts = yield* readAtFacts(at)
  const facts = yield* Effect.fromResult(modemFactsOf(atFacts, why))
  return { facts, atFacts }
})

export const identifyByAt = step({
  name: "identify",
  title: "ask the modem by AT who it is and what it runs",
  risk: "reads",
  deadline: Duration.seconds(120),
  run: ({ at, why }: { readonly at: AtSession; readonly why: string }) => ask(at, why)
})

export const identifyWithPreferenceByAt = step({
  name: "identify",
  title: "ask the modem by AT who it is, what it runs, and which firmware it is told to prefer",
  risk: "reads",
  deadline: Duration.seconds(120),
  run: ({ at, why }: { readonly at: AtSession; readonly why: string; readonly family: Family<"preference"> }) =>
    Effect.gen(function* () {
      const { atFacts, facts } = yield* ask(at, why)
      const { preference } = facts
      if (preference._tag === "NotSupported" || atFacts.preference === undefined) {
        return yield* new FlowError({
          reason: { _tag: "FeatureMissing", feature: "AT!IMPREF? or AT!GOBIIMPREF?", error: 0 }
        })
      }
      return {
        facts: { ...facts, preference } satisfies PreferenceFacts,
        atFacts: { ...atFacts, preference: atFacts.preference }
      }
    })
})

export interface HoldState {
  readonly at: AtSession
  readonly modem: Modem
  readonly family: Family
  readonly why: string
}

/** QMI cannot be tried, so it is said why; then AT on the port that is open. */
const hold = ({ at, family, modem, why }: HoldState) =>
  tryWays(modem, family, (way): Effect.Effect<Tried, Effect.Error<ReturnType<typeof bootHold>>> =>
    way === "at-boothold" ? bootHold(at) : Effect.succeed(refused(`not tried: ${why}`))
  ).pipe(Effect.tap(() => at.close))

const title = "send the modem into boot-and-hold with AT!BOOTHOLD"

export const holdByAt = step({
  name: "enter-boot-and-hold",
  title,
  risk: "reboots",
  deadline: entryDeadline,
  drops: ["at"],
  run: (state: HoldState & { readonly family: Family<"boot-and-hold">; readonly checked: unknown }) => hold(state)
})

/** A modem that does not go is told its old preference again, while it still listens. */
export const holdWithPreferenceByAt = step({
  name: "enter-boot-and-hold",
  title,
  risk: "reboots",
  deadline: entryDeadline,
  drops: ["at"],
  run: (
    state: HoldState & {
      readonly family: Family<"preference">
      readonly checked: unknown
      readonly preferenceSet: PreferenceSet
    }
  ) => hold(state).pipe(Effect.tapError(() => putBackByAt(state.at, state.preferenceSet)))
})

/** For the `reset` command: no images, any family. */
export const holdOnlyByAt = step({
  name: "enter-boot-and-hold",
  title,
  risk: "reboots",
  deadline: entryDeadline,
  drops: ["at"],
  run: (state: HoldState) => hold(state)
})

export const restartByAt = step({
  name: "restart",
  title: "restart the modem with AT!RESET",
  risk: "reboots",
  deadline: Duration.seconds(60),
  drops: ["at"],
  run: ({
    at,
    preferenceSet
  }: {
    readonly at: AtSession
    readonly checked: unknown
    readonly preferenceSet: PreferenceSet
  }) => Effect.map(resetByAt(at, putBackByAt(at, preferenceSet)), (watch) => ({ watch }))
})

export const releaseAt = step({
  name: "release",
  title: "let go of the AT port",
  risk: "none",
  deadline: Duration.seconds(5),
  drops: ["at"],
  run: ({ at }: { readonly at: AtSession }) => Effect.as(at.close, {})
})
