/** Reads what else a modem tells over its control port, for people who look at it. Reads only; no question is essential. */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import type { ImageInfo, ModemDetails } from "../plan/details.ts"
import type { ModemFacts } from "../plan/facts.ts"
import * as Dms from "../protocol/qmi/dms.ts"
import { printUniqueId } from "../protocol/qmi/firmware-id.ts"
import type { QmiMessage } from "../protocol/qmi/Message.ts"
import { SwiGetCurrentFirmware, SwiGetUsbComposition, usbComposition } from "../protocol/qmi/vendor-sierra.ts"
import type { QmiFailure, QmiSession } from "../session/QmiSession.ts"

/** Shorter than for what an update needs: an answer that does not come is not waited for. */
const patience = Duration.seconds(3)

/** After so many questions into silence the rest are not asked. */
const silences = 2

/** A modem may store fifty carrier images; each is a question that reads flash. */
const mostImages = 8

const isSilence = (error: QmiFailure): boolean => error._tag === "TransportError" || error.reason._tag === "NoAnswer"

const given = <K extends string, V>(key: K, value: V | undefined): { readonly [P in K]?: V } =>
  (value === undefined ? {} : { [key]: value }) as { readonly [P in K]?: V }

const composition = (number: number) => ({ number, ports: usbComposition(number) })

export const readDetails = Effect.fn("readDetails")(function* (control: QmiSession, facts: ModemFacts) {
  const untold: Array<{ readonly question: string; readonly why: string }> = []
  let silent = 0
  const ask = <Request, Response>(message: QmiMessage<Request, Response>, value: Request, about = message.name) =>
    Effect.gen(function* () {
      if (silent >= silences) {
        untold.push({ question: about, why: "not asked: the modem does not answer any more" })
        return undefined
      }
      const answer = yield* Effect.result(control.request(message, value, patience))
      if (Result.isSuccess(answer)) return answer.success
      if (isSilence(answer.failure)) silent++
      untold.push({ question: about, why: answer.failure.message })
      return undefined
    })

  const hardware = yield* ask(Dms.GetHardwareRevision, {})
  const sku = yield* ask(Dms.GetFactorySku, {})
  const software = yield* ask(Dms.GetSoftwareVersion, {})
  const mode = yield* ask(Dms.GetOperatingMode, {})
  const next = yield* ask(Dms.GetBootImageDownloadMode, {})
  // These ids mean something else to other makers (qmi.md §8, §11.7).
  const isSierra = facts.token.startsWith("SWI")
  const current = isSierra ? yield* ask(SwiGetCurrentFirmware, {}) : undefined
  const usb = isSierra ? yield* ask(SwiGetUsbComposition, {}) : undefined

  const images: Array<ImageInfo> = []
  const lists = facts.storedImages._tag === "Supported" ? ((yield* ask(Dms.ListStoredImages, {}))?.lists ?? []) : []
  const stored = lists.flatMap(({ images: all, type }) =>
    type === "modem" || type === "pri" ? all.map(({ buildId, uniqueId }) => ({ type, uniqueId, buildId })) : []
  )
  for (const image of stored.slice(0, mostImages)) {
    const { buildId, type, uniqueId } = image
    const info = yield* ask(Dms.GetStoredImageInfo, { image }, `${Dms.GetStoredImageInfo.name} ${buildId}`)
    if (info === undefined) continue
    const { bootVersion, oemLockId, pri } = info
    images.push({
      type,
      uniqueId: printUniqueId(uniqueId),
      buildId,
      ...(bootVersion === undefined
        ? {}
        : { bootVersion: `${String(bootVersion.major)}.${String(bootVersion.minor)}` }),
      ...given("pri", pri),
      ...given("oemLockId", oemLockId)
    })
  }
  if (stored.length > mostImages) {
    const rest = stored.length - mostImages
    untold.push({ question: Dms.GetStoredImageInfo.name, why: `not asked for ${String(rest)} more stored images` })
  }
  return {
    ...given("hardwareRevision", hardware?.hardwareRevision),
    ...given("factorySku", sku?.sku),
    ...given("softwareVersion", software?.softwareVersion),
    ...given("bootVersion", current?.bootVersion),
    ...given("sku", current?.skuId),
    ...given("packageId", current?.packageId),
    ...given("priVersion", current?.priVersion),
    ...given("hardwareRestricted", mode?.hardwareRestricted),
    ...given("nextStart", next?.mode === undefined ? undefined : String(next.mode)),
    ...(usb?.current === undefined
      ? {}
      : { usb: { current: composition(usb.current), supported: (usb.supported ?? []).map(composition) } }),
    images,
    untold
  } satisfies ModemDetails
})
