/**
 * Reads what a modem's owner has set, before an update and after it. Questions only, each with its deadline; whatever is
 * not told is noted with its reason. Never fails, and never takes long: an update does not wait for it.
 */
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import { isSamePlace, isSameSerial } from "../device/Modem.ts"
import type { Modem } from "../device/Modem.ts"
import { UsbBus } from "../device/UsbBus.ts"
import { watchBus } from "../device/watch.ts"
import type { ModemFacts } from "../plan/facts.ts"
import { atPort, longestValue, mostSettings } from "../plan/settings.ts"
import type { Setting, Settings, Untold } from "../plan/settings.ts"
import type { Identification } from "../protocol/at/replies/identification.ts"
import * as Dms from "../protocol/qmi/dms.ts"
import type { QmiMessage } from "../protocol/qmi/Message.ts"
import { SwiGetUsbComposition, usbComposition } from "../protocol/qmi/vendor-sierra.ts"
import type { AtError } from "../session/AtError.ts"
import type { AtSession } from "../session/AtSession.ts"
import type { QmiFailure, QmiSession } from "../session/QmiSession.ts"
import type { TransportError } from "../transport/TransportError.ts"
import { findAtPort, hasCandidate, unlock } from "./at-port.ts"
import { atQuestions, identityOf } from "./settings-questions.ts"
import type { Told } from "./settings-questions.ts"

/** For all of it. */
const whole = Duration.seconds(10)
/** For one answer; the reference waits 3 s for an AT reply (flows.md §3.3), and here nothing depends on it. */
const patience = Duration.seconds(2)
/** For finding the AT port: the first round, and everything together. */
const findRound = Duration.millis(1500)
const findPatience = Duration.seconds(3)
/** The same for a port that answered before the restart: right after it, it is silent for a while (at.md §1). */
const knownRound = Duration.millis(3500)
const knownPatience = Duration.seconds(5)

/** After so many questions into silence the rest are not asked. */
const silences = 2

type Failure = QmiFailure | AtError | TransportError

const isSilence = (error: Failure): boolean => error._tag === "TransportError" || error.reason._tag === "NoAnswer"

/** A refusal in the modem's own words: how most questions end that a family does not know. */
const whyText = (error: Failure): string => {
  if (error._tag === "AtError" && error.reason._tag === "Refused") return `refused: ${error.reason.answer}`
  if (error._tag === "QmiError" && error.reason._tag === "Refused") return `refused: ${error.reason.name}`
  return error.message
}

/** What is known so far. With what was told `before`, only questions that were answered then are asked. */
const notebook = (started: number, before: Settings | undefined) => {
  const values = new Map<string, Setting>()
  const answered = new Set<string>()
  const untold = new Map<string, Untold>()
  const left = Effect.map(Clock.currentTimeMillis, (now) =>
    Duration.millis(Math.max(0, started + Duration.toMillis(whole) - now))
  )
  const refuse = (question: string, why: string): void => void untold.set(question, { question, why })
  return {
    wants: (question: string): boolean => before === undefined || before.answered.includes(question),
    left,
    refuse,
    answered: (question: string): boolean => answered.has(question),
    take: (question: string, told: ReadonlyArray<Told>): void => {
      answered.add(question)
      for (const { from } of told) if (from !== undefined) answered.add(from)
      for (const { follows, from = question, key, value } of told) {
        if (value === undefined || value === "" || values.has(key)) continue
        // Cut values may look alike: then nothing is said about them.
        if (value.length > longestValue || values.size >= mostSettings) {
          answered.delete(from)
          refuse(from, "it tells more than is kept")
          continue
        }
        values.set(key, { key, value, from, ...(follows === undefined ? {} : { follows }) })
      }
    },
    settings: (): Settings => ({
      values: [...values.values()].filter(({ from }) => answered.has(from)),
      answered: [...answered],
      untold: [...untold.values()]
    })
  }
}
type Notebook = ReturnType<typeof notebook>

const openNotebook = (before: Settings | undefined) =>
  Effect.map(Clock.currentTimeMillis, (now) => notebook(now, before))

/** Asks one question after the other, as long as there are answers and time. */
const asker = (notes: Notebook) => {
  let silent = 0
  return Effect.fnUntraced(function* <A>(
    question: string,
    ask: (deadline: Duration.Duration) => Effect.Effect<A, Failure>
  ) {
    const left = yield* notes.left
    if (silent >= silences || Duration.toMillis(left) <= 0) {
      const why = silent >= silences ? "the modem does not answer any more" : "it took too long"
      notes.refuse(question, `not asked: ${why}`)
      return undefined
    }
    const answer = yield* Effect.result(ask(Duration.min(patience, left)))
    if (Result.isSuccess(answer)) return answer.success
    const { failure } = answer
    if (isSilence(failure)) silent++
    notes.refuse(question, whyText(failure))
    return undefined
  })
}

const lock = "AT!ENTERCND"

/** The power state was asked for with the facts: why it is in low power is the update's business, if it is the images. */
const takeMode = (notes: Notebook, { byAt, offlineReasons, operatingMode }: ModemFacts): void => {
  const because = offlineReasons.length === 0 ? "" : ` (${offlineReasons.join(", ")})`
  notes.take(byAt === undefined ? "QMI Get Operating Mode" : "the power state by AT", [
    {
      key: "operating-mode",
      value: `${operatingMode}${because}`,
      ...(because === "" ? {} : { follows: true as const })
    }
  ])
}

const askByQmi = Effect.fnUntraced(function* (control: QmiSession, facts: ModemFacts, notes: Notebook) {
  const ask = asker(notes)
  const tell = <Response>(message: QmiMessage<{}, Response>, told: (answer: Response) => ReadonlyArray<Told>) =>
    Effect.gen(function* () {
      const question = `QMI ${message.name}`
      if (!notes.wants(question)) return
      const answer = yield* ask(question, (deadline) => control.request(message, {}, deadline))
      if (answer !== undefined) notes.take(question, told(answer))
    })
  takeMode(notes, facts)
  yield* tell(Dms.GetIds, ({ esn, imei, meid }) => [
    { key: "imei", value: imei },
    { key: "meid", value: meid },
    { key: "esn", value: esn }
  ])
  yield* tell(Dms.GetHardwareRevision, ({ hardwareRevision }) => [{ key: "hardware", value: hardwareRevision }])
  yield* tell(Dms.GetFactorySku, ({ sku }) => [{ key: "sku", value: sku }])
  // This id means something else to other makers (qmi.md §8, §11.7).
  if (!facts.token.startsWith("SWI")) return
  yield* tell(SwiGetUsbComposition, ({ current }) => [
    {
      key: "usb.composition",
      value: current === undefined ? undefined : `${String(current)} (${usbComposition(current)})`
    }
  ])
})

const askByAt = Effect.fnUntraced(function* (session: AtSession, notes: Notebook, identification?: Identification) {
  const ask = asker(notes)
  let triedToUnlock = false
  for (const { command, insteadOf, locked, read } of atQuestions) {
    if (!notes.wants(command) || (insteadOf !== undefined && notes.answered(insteadOf))) continue
    if (command === "ATI" && identification !== undefined) {
      notes.take(command, identityOf(identification))
      continue
    }
    // Lasts until the next start; so only where it is needed.
    if (locked === true && !triedToUnlock) {
      triedToUnlock = true
      const unlocked = yield* ask(lock, (deadline) => unlock(session, deadline))
      // Otherwise nobody would know why the next ones are refused.
      if (unlocked === false) notes.refuse(lock, "the modem did not take the password")
    }
    const lines = yield* ask(command, (deadline) => session.ask(command, deadline))
    if (lines === undefined) continue
    const told = read(lines)
    if (Result.isSuccess(told)) notes.take(command, told.success)
    else notes.refuse(command, told.failure.message)
  }
})

/** Over an AT session that is open; `facts` are those that were read on it. */
export const readSettingsByAt = Effect.fn("readSettingsByAt")(function* (
  session: AtSession,
  facts: ModemFacts,
  before?: Settings
) {
  const notes = yield* openNotebook(before)
  takeMode(notes, facts)
  yield* askByAt(session, notes)
  return notes.settings()
})

/** The device as it is now; after a restart its AT port may come later than its control port. */
const deviceOf = Effect.fnUntraced(function* ({ identity }: Modem, known: boolean) {
  const bus = yield* UsbBus
  if (known) {
    const watch = yield* watchBus
    yield* Effect.ignore(watch.await({ identity, awaited: awaitedPorts, deadline: knownPatience, present: true }))
  }
  const devices = yield* bus.devices
  const device = devices.find((one) => isSamePlace(identity, one)) ?? devices.find((one) => isSameSerial(identity, one))
  // Straight USB would take an interface from its driver: too much for a question that may stay open.
  return device === undefined ? undefined : { ...device, ports: device.ports.filter(({ driver }) => driver !== "usb") }
})

const awaitedPorts = (["at", "unknown"] as const).map((role) => ({ mode: "application" as const, role }))

const search = Effect.fnUntraced(function* (modem: Modem, known: boolean) {
  const device = yield* deviceOf(modem, known)
  if (device === undefined || !hasCandidate(device)) return "it has none in this composition"
  const { answers, found } = yield* findAtPort(device, known ? knownRound : findRound)
  const asked = answers.filter(({ answer }) => !answer.startsWith("not asked"))
  return found ?? asked.map(({ answer, port }) => `${port}: ${answer}`).join("; ")
})

/** The AT port beside a control port that is in use; closed again at the end of the scope. */
const askBeside = Effect.fnUntraced(function* (modem: Modem, facts: ModemFacts, notes: Notebook, known: boolean) {
  const limit = known ? knownPatience : findPatience
  const found = yield* search(modem, known).pipe(
    Effect.catch(({ message }) => Effect.succeed(message)),
    Effect.timeoutOrElse({
      duration: limit,
      orElse: () => Effect.succeed(`no answer within ${String(Duration.toSeconds(limit))} s`)
    })
  )
  if (typeof found === "string") return notes.refuse(atPort, found)
  const { identification, session } = found
  if (facts.imei !== undefined && identification.imei !== undefined && identification.imei !== facts.imei) {
    return notes.refuse(atPort, `${session.endpoint} is that of another modem`)
  }
  yield* askByAt(session, notes, identification)
  yield* session.close
})

/**
 * Over a control session that is open, and over the AT port beside it where there is one. After the restart, with what
 * was told `before`, the AT port is looked for only if it answered then.
 */
export const readSettings = Effect.fn("readSettings")(function* (
  control: QmiSession,
  modem: Modem,
  facts: ModemFacts,
  before?: Settings
) {
  const notes = yield* openNotebook(before)
  yield* askByQmi(control, facts, notes)
  const known = before !== undefined && before.answered.some((question) => question.startsWith("AT"))
  if (before === undefined || known) yield* Effect.scoped(askBeside(modem, facts, notes, known))
  return notes.settings()
})
