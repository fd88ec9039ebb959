/** Reads what a modem says about itself over its control port. Reads only; changes nothing. */
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Schedule from "effect/Schedule"
import { parseRevision } from "../device/families/families.ts"
import type { FeatureOf, ModemFacts, Preference, StoredImages } from "../plan/facts.ts"
import * as Dms from "../protocol/qmi/dms.ts"
import { parseImageId, printUniqueId } from "../protocol/qmi/firmware-id.ts"
import type { QmiMessage } from "../protocol/qmi/Message.ts"
import { SwiGetCurrentFirmware } from "../protocol/qmi/vendor-sierra.ts"
import type { QmiError } from "../session/QmiError.ts"
import type { QmiFailure, QmiSession } from "../session/QmiSession.ts"
import { FlowError } from "./FlowError.ts"

const silent = (error: QmiFailure): boolean => error._tag === "QmiError" && error.reason._tag === "NoAnswer"

/** Asks, and asks again on silence: some modems serialise DMS behind slow flash access (flows.md §9.1). */
const ask = <Request, Response>(session: QmiSession, message: QmiMessage<Request, Response>, value: Request) =>
  session
    .request(message, value)
    .pipe(Effect.retry({ while: silent, times: 2, schedule: Schedule.spaced("500 millis") }))

/** A refusal of any kind means "not told"; silence and garbage stay errors. */
const optionalAnswer = <A>(asked: Effect.Effect<A, QmiFailure>) =>
  Effect.catchIf(
    asked,
    (error): error is QmiError => error._tag === "QmiError" && error.reason._tag === "Refused",
    () => Effect.succeed(undefined)
  )

/** Only the errors 71, 94 and 25 say "I lack this" (qmi.md §9); everything else is an error. */
const feature = <A>(asked: Effect.Effect<A, QmiFailure>): Effect.Effect<FeatureOf<A>, QmiFailure> =>
  asked.pipe(
    Effect.map((value) => ({ _tag: "Supported", value }) as const),
    Effect.catchIf(
      (error): error is QmiError => error._tag === "QmiError" && error.isNotSupported,
      ({ reason }) =>
        Effect.succeed({ _tag: "NotSupported", error: reason._tag === "Refused" ? reason.error : 0 } as const)
    )
  )

/** The modem's preference as three strings; undefined when it holds no pair of firmware and carrier. */
export const readPreference = (control: QmiSession) =>
  Effect.map(ask(control, Dms.GetFirmwarePreference, {}), ({ images }): Preference | undefined => {
    const ids = images.map(parseImageId).filter(Result.isSuccess)
    const modem = ids.find(({ success }) => success.type === "modem")?.success
    const pri = ids.find(({ success }) => success.type === "pri")?.success
    if (modem?.type !== "modem" || pri?.type !== "pri") return undefined
    return { firmware: modem.firmware, carrier: pri.carrier, config: pri.config }
  })

const readStoredImages = (control: QmiSession) =>
  Effect.map(ask(control, Dms.ListStoredImages, {}), ({ lists }): StoredImages => {
    const maximum = (type: "modem" | "pri") => lists.find((list) => list.type === type)?.maximum ?? 0
    const outside = lists.some((list) => list.type === "modem" && list.running === undefined)
    return {
      maximumModemImages: maximum("modem"),
      maximumPriImages: maximum("pri"),
      ...(outside ? { runningOutside: true } : {}),
      images: lists.flatMap((list) =>
        list.type === "modem" || list.type === "pri"
          ? list.images.map((image, position) => ({
              type: list.type as "modem" | "pri",
              storageIndex: image.storageIndex,
              ...(image.failureCount === undefined ? {} : { failures: image.failureCount }),
              uniqueId: printUniqueId(image.uniqueId),
              buildId: image.buildId,
              running: list.running === position
            }))
          : []
      )
    }
  })

export const readFacts = Effect.fn("readFacts")(function* (control: QmiSession) {
  const { revision } = yield* ask(control, Dms.GetRevision, {})
  const parsed = parseRevision(revision)
  if (parsed === undefined) {
    return yield* new FlowError({ reason: { _tag: "Unreadable", what: "revision", found: revision } })
  }
  const model = yield* optionalAnswer(ask(control, Dms.GetModel, {}))
  const manufacturer = yield* optionalAnswer(ask(control, Dms.GetManufacturer, {}))
  const ids = yield* optionalAnswer(ask(control, Dms.GetIds, {}))
  const mode = yield* ask(control, Dms.GetOperatingMode, {})
  const preference = yield* feature(readPreference(control))
  const storedImages = yield* feature(readStoredImages(control))
  // The id means something else to other makers (qmi.md §11.7): only a Sierra revision got us here.
  const current = parsed.token.startsWith("SWI")
    ? yield* optionalAnswer(ask(control, SwiGetCurrentFirmware, {}))
    : undefined
  return {
    revision,
    token: parsed.token,
    firmware: parsed.firmware,
    ...(model === undefined ? {} : { model: model.model }),
    ...(manufacturer === undefined ? {} : { manufacturer: manufacturer.manufacturer }),
    ...(ids?.imei === undefined ? {} : { imei: ids.imei }),
    ...(current?.carrier === undefined ? {} : { carrier: current.carrier }),
    ...(current?.configVersion === undefined ? {} : { config: current.configVersion }),
    preference:
      preference._tag === "Supported"
        ? { _tag: "Supported", value: preference.value === undefined ? {} : { current: preference.value } }
        : preference,
    storedImages,
    operatingMode: String(mode.mode),
    offlineReasons: (mode.offlineReasons ?? []).map(String)
  } satisfies ModemFacts
})
