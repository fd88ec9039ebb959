/** Finding out what is the matter with a modem. Reads only; a modem in boot-and-hold is sent nothing. */
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import { familiesOfDevice, familyOfToken } from "../device/families/families.ts"
import type { Modem } from "../device/Modem.ts"
import type { ModemFacts } from "../plan/facts.ts"
import * as Dms from "../protocol/qmi/dms.ts"
import type { QmiSession } from "../session/QmiSession.ts"
import { controlSession } from "../update/steps/control.ts"
import type { StepError } from "../update/UpdateError.ts"
import * as Update from "../update/Update.ts"
import { notesOf, situationOf } from "./Situation.ts"
import type { Situation } from "./Situation.ts"

export interface Examination {
  readonly modem: Modem
  readonly situation: Situation
  /** What it told; undefined in boot-and-hold, and where it was not asked. */
  readonly facts: ModemFacts | undefined
  /** Families that it may be of: one by its revision, perhaps several by its USB ids. */
  readonly families: ReadonlyArray<string>
  /** What is told besides, and is no reason to do anything. */
  readonly notes: ReadonlyArray<string>
  /** Why it could not be asked. */
  readonly error: StepError | undefined
}

/** Silence is no "no": then it is not known, and said. Firmware that lacks the question cannot have been armed by it. */
const readArmed = (control: QmiSession) =>
  control.request(Dms.GetBootImageDownloadMode, {}).pipe(
    Effect.map(({ mode }) => mode !== undefined && mode !== "normal"),
    Effect.catchIf(
      (error) => error._tag === "QmiError" && error.isNotSupported,
      () => Effect.succeed(false)
    )
  )

const armedOf = (modem: Modem) =>
  Effect.scoped(Effect.acquireUseRelease(controlSession(modem), readArmed, ({ close }) => close))

const ask = Effect.fnUntraced(function* (modem: Modem) {
  const facts: ModemFacts = yield* Update.facts(modem)
  if (facts.byAt !== undefined) return { facts, armed: false, untold: undefined }
  const armed = yield* Effect.result(armedOf(modem))
  return Result.isSuccess(armed)
    ? { facts, armed: armed.success, untold: undefined }
    : { facts, armed: false, untold: armed.failure.message }
})

/** One that could not be asked, and why. */
export const unasked = (modem: Modem, error: StepError): Examination => ({
  modem,
  situation: { _tag: "NotAsked", why: error.message, code: error.code },
  facts: undefined,
  families: familiesOfDevice(modem.device).map(({ id }) => id),
  notes: [],
  error
})

export const examine = Effect.fn("Recovery.examine")(function* (modem: Modem) {
  const byIds = familiesOfDevice(modem.device).map(({ id }) => id)
  if (modem.mode === "boot-and-hold") {
    const held: Examination = {
      modem,
      situation: { _tag: "BootAndHold" },
      facts: undefined,
      families: byIds,
      notes: [],
      error: undefined
    }
    return held
  }
  const asked = yield* Effect.result(ask(modem))
  if (Result.isFailure(asked)) return unasked(modem, asked.failure)
  const { armed, facts, untold } = asked.success
  const family = familyOfToken(facts.token)
  const found: Examination = {
    modem,
    situation: situationOf(facts, armed),
    facts,
    families: family === undefined ? [] : [family.id],
    notes: [
      ...notesOf(facts),
      ...(facts.byAt === undefined ? [] : [`it was asked by AT: ${facts.byAt.why}`]),
      ...(untold === undefined ? [] : [`what its next start is told is not known: ${untold}`])
    ],
    error: undefined
  }
  return found
})
