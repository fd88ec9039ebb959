/** Reads what a modem says about itself on its AT port (at.md §6, order of its rule 1). Reads only. */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import type { Modem } from "../device/Modem.ts"
import { UsbBus } from "../device/UsbBus.ts"
import type { AtFacts, AtImages, ImagePreferenceFacts, PowerFacts, StatusFacts } from "../plan/at-facts.ts"
import { readIdentification } from "../protocol/at/replies/identification.ts"
import type { Identification } from "../protocol/at/replies/identification.ts"
import { readImagePreference } from "../protocol/at/replies/image-preference.ts"
import type { RunningImage } from "../protocol/at/replies/image-preference.ts"
import { isLowPower, readPowerInfo } from "../protocol/at/replies/power-info.ts"
import { readPriId } from "../protocol/at/replies/pri-id.ts"
import type { AtReplyError } from "../protocol/at/replies/reply-text.ts"
import { readStatus } from "../protocol/at/replies/status.ts"
import { readStoredImages } from "../protocol/at/replies/stored-images.ts"
import { AtError } from "../session/AtError.ts"
import type { AtPortAnswer } from "../session/AtProbe.ts"
import { atDeadline } from "../session/AtSession.ts"
import type { AtSession } from "../session/AtSession.ts"
import { findAtPort } from "./at-port.ts"

/** `AT!IMAGE?` reads flash; scripts allow 10 s (at.md §1). */
const patience = Duration.seconds(10)

const names = ({ carrier, config, firmware }: RunningImage) => ({ firmware, carrier, config })

const preferenceOf = (lines: ReadonlyArray<string>): Result.Result<ImagePreferenceFacts, AtReplyError> =>
  Result.map(readImagePreference(lines), ({ command, current, mismatches, preferred }) => ({
    command,
    preferred: names(preferred),
    current: names(current),
    mismatches
  }))

const imagesOf = (lines: ReadonlyArray<string>): Result.Result<AtImages, AtReplyError> =>
  Result.map(readStoredImages(lines), ({ activeSlot, maxConfig, maxFirmware, rows }) => ({
    images: rows.map(({ buildId, lru, programmingFailures, slot, status, switchingFailures, type, uniqueId }) => ({
      type,
      ...(slot === undefined ? {} : { slot }),
      status,
      lru,
      uniqueId,
      buildId,
      failures: programmingFailures + switchingFailures
    })),
    ...(maxFirmware === undefined ? {} : { maximumFirmware: maxFirmware }),
    ...(maxConfig === undefined ? {} : { maximumCarrier: maxConfig }),
    ...(activeSlot === undefined ? {} : { activeSlot })
  }))

const powerOf = (lines: ReadonlyArray<string>): Result.Result<PowerFacts, AtReplyError> =>
  Result.map(readPowerInfo(lines), (info) => ({
    state: info.state,
    lowPower: isLowPower(info),
    voters: info.voterLines.flat(),
    ...(info.persistence === undefined ? {} : { persistence: info.persistence })
  }))

const statusOf = (lines: ReadonlyArray<string>): Result.Result<StatusFacts, AtReplyError> =>
  Result.map(readStatus(lines), ({ currentTime, mode, resetCounter, temperature }) => ({
    mode,
    ...(temperature === undefined ? {} : { temperature }),
    ...(currentTime === undefined ? {} : { secondsSinceStart: currentTime }),
    ...(resetCounter === undefined ? {} : { starts: resetCounter })
  }))

const priOf = (lines: ReadonlyArray<string>) =>
  Result.map(readPriId(lines), ({ carrierPris, customer, partNumber, revision }) => ({
    partNumber,
    revision,
    customer,
    carrierPris
  }))

/**
 * Everything that the modem tells on this port. A command that it refuses, lacks or answers with something else stands in
 * `refused`; silence is an error. `identification` is the reply to `ATI`, where it is known already.
 */
export const readAtFacts = Effect.fn("readAtFacts")(function* (session: AtSession, identification?: Identification) {
  const refused: Array<{ readonly command: string; readonly answer: string }> = []
  const ask = <A>(command: string, read: (lines: ReadonlyArray<string>) => Result.Result<A, AtReplyError>) =>
    session.ask(command, patience).pipe(
      Effect.map((lines) => {
        const value = read(lines)
        if (Result.isSuccess(value)) return value.success
        refused.push({ command, answer: value.failure.message })
        return undefined
      }),
      Effect.catchIf(
        (error) => error._tag === "AtError" && error.reason._tag === "Refused",
        (error) => {
          const { reason } = error as AtError
          refused.push({ command, answer: reason._tag === "Refused" ? reason.answer : "" })
          return Effect.succeed(undefined)
        }
      )
    )
  const who = identification ?? (yield* ask("ATI", readIdentification))
  if (who === undefined) {
    const detail = refused[0]?.answer ?? "no identification"
    return yield* new AtError({
      endpoint: session.endpoint,
      command: "ATI",
      reason: { _tag: "Garbled", detail }
    })
  }
  const preference = (yield* ask("AT!IMPREF?", preferenceOf)) ?? (yield* ask("AT!GOBIIMPREF?", preferenceOf))
  const pri = yield* ask("AT!PRIID?", priOf)
  const images = yield* ask("AT!IMAGE?", imagesOf)
  const power = yield* ask("AT!PCINFO?", powerOf)
  const status = yield* ask("AT!GSTATUS?", statusOf)
  const facts: AtFacts = {
    port: session.endpoint,
    ...(who.manufacturer === undefined ? {} : { manufacturer: who.manufacturer }),
    model: who.model,
    revision: who.revision,
    ...(who.imei === undefined ? {} : { imei: who.imei }),
    ...(power === undefined ? {} : { power }),
    ...(status === undefined ? {} : { status }),
    ...(preference === undefined ? {} : { preference }),
    ...(images === undefined ? {} : { images }),
    ...(pri === undefined ? {} : { pri }),
    refused
  }
  return facts
})

export interface AtReport {
  /** Undefined where no port answers as a modem does. */
  readonly facts: AtFacts | undefined
  /** Every port of the modem, with what it answered or why it was not asked. */
  readonly ports: ReadonlyArray<AtPortAnswer>
}

/**
 * The same for a modem on the bus: finds its AT port, reads, and lets go of it. For `info` and `doctor`, beside what QMI
 * tells: power state with its voters, preferred against running images. Nothing is unlocked or changed; costs about 3 s
 * where no port answers.
 */
export const atFactsOf = Effect.fn("atFactsOf")(function* (modem: Modem) {
  const bus = yield* UsbBus
  const device = (yield* bus.devices).find(({ key }) => key === modem.device.key) ?? modem.device
  return yield* Effect.scoped(
    Effect.gen(function* () {
      const { answers, found } = yield* findAtPort(device, atDeadline)
      const facts = found === undefined ? undefined : yield* readAtFacts(found.session, found.identification)
      const report: AtReport = { facts, ports: answers }
      return report
    })
  )
})

/** A look at one table: not worth more than this of anybody's time. */
const shortPatience = Duration.seconds(5)

/** `AT!IMAGE?` alone, within 5 s; else why it is not told. Never fails: it is asked only to tell more than QMI does. */
export const atImagesOf = Effect.fn("atImagesOf")(function* (modem: Modem) {
  type Told = { readonly images: AtImages } | { readonly why: string }
  const bus = yield* UsbBus
  const device = (yield* bus.devices).find(({ key }) => key === modem.device.key) ?? modem.device
  const why = (text: string): Told => ({ why: text })
  const asked = Effect.gen(function* () {
    const { found } = yield* findAtPort(device, shortPatience)
    if (found === undefined) return why("no AT port answers")
    const read = imagesOf(yield* found.session.ask("AT!IMAGE?", shortPatience))
    return Result.isSuccess(read) ? ({ images: read.success } satisfies Told) : why(read.failure.message)
  })
  return yield* Effect.scoped(asked).pipe(
    Effect.timeoutOption(shortPatience),
    Effect.map(Option.getOrElse(() => why("no answer within 5 s"))),
    Effect.catch((error) => Effect.succeed(why(error.message)))
  )
})
