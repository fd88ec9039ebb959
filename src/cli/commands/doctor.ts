/** `boothold doctor [FILE…]`: what would go wrong with an update, before anything is written. Without images, nothing is sent to a modem. */
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Modem from "../../device/Modem.ts"
import type { Found } from "../../device/Modem.ts"
import { hostFindings, modemFindings } from "../../doctor/diagnose.ts"
import { finding, worstOf } from "../../doctor/Finding.ts"
import type { Finding } from "../../doctor/Finding.ts"
import { Host } from "../../doctor/Host.ts"
import type { OpenedSet } from "../../file/Image.ts"
import { lossOfFirmware } from "../../plan/stored.ts"
import * as Update from "../../update/Update.ts"
import { exitCodes } from "../exit-codes.ts"
import type { ImagesInput, ModemInput } from "../inputs.ts"
import { onBus, selectorOf } from "../modem.ts"
import { doctorLines } from "../render/doctor.ts"
import type { DoctorReport } from "../render/doctor.ts"
import { foundReport } from "../render/json.ts"
import { styleFor } from "../render/text.ts"
import { Screen } from "../Screen.ts"
import { openImages } from "./plan.ts"

export interface DoctorInput extends ModemInput, ImagesInput {}

const refused = (error: { readonly message: string; readonly help: string }): Finding =>
  finding("ImagesRefused", "error", error.message, error.help)

/** The plan's own checks: what they say, or why there is no plan. */
export const imageFindings = Effect.fnUntraced(function* ({ modem, standing }: Found, images: OpenedSet) {
  if (standing._tag === "refused") return []
  const plan = modem.mode === "application" ? Update.plan(modem, images) : Update.planDownload(modem, images)
  const made = yield* Effect.result(plan)
  if (Result.isFailure(made)) return [refused(made.failure)]
  const { facts, passed, warnings } = made.success
  const loss = facts === undefined ? undefined : lossOfFirmware(facts)
  return [
    ...(loss === undefined ? [] : [finding("FirmwareLost", "warning", loss.means, loss.cure)]),
    ...passed.map((text) => finding("ImagesFit", "ok", text)),
    ...warnings
      .filter((text) => loss === undefined || !text.startsWith(loss.means))
      .map((text) => finding("ImagesDoubtful", "warning", text))
  ]
})

export const doctor = Effect.fn("cli.doctor")(function* (input: DoctorInput) {
  return yield* Effect.gen(function* () {
    const host = yield* Host
    const found = yield* Modem.survey(selectorOf(input))
    const facts = host === undefined ? undefined : yield* host.facts
    const opened = input.files.length === 0 ? undefined : yield* Effect.result(openImages(input))
    const images = opened !== undefined && Result.isSuccess(opened) ? opened.success : undefined
    const general: ReadonlyArray<Finding> = [
      ...(found.length === 0
        ? [finding("ModemNone", "error", "no modem is here that fits", "`boothold list` shows what is plugged in.")]
        : []),
      ...(opened !== undefined && Result.isFailure(opened) ? [refused(opened.failure)] : []),
      ...(facts === undefined ? [] : hostFindings(facts))
    ]
    const modems = yield* Effect.forEach(found, (one) =>
      Effect.gen(function* () {
        const device = host === undefined ? undefined : yield* host.device(one.modem.device)
        const around = facts === undefined || device === undefined ? undefined : { host: facts, device }
        const findings = [
          ...modemFindings(one, around),
          ...(images === undefined ? [] : yield* imageFindings(one, images))
        ]
        return { modem: foundReport(one), findings }
      })
    )
    const all = [...general, ...modems.flatMap(({ findings }) => findings)]
    const report: DoctorReport = { _tag: "Diagnosis", worst: worstOf(all), general, modems }
    const { colors } = yield* Screen
    yield* Console.log(
      input.json ? JSON.stringify(report, undefined, 2) : doctorLines(report, styleFor(colors)).join("\n")
    )
    return report.worst === "error" ? exitCodes.unfit.exit : exitCodes.ok.exit
  }).pipe(Effect.scoped, onBus(input))
})
