/** The check that licenses writing: images against the modem that answers now, not the one that was planned for. */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type { Family } from "../../device/families/Family.ts"
import type { OpenedImage } from "../../file/Image.ts"
import { step } from "../../flow/Step.ts"
import { checkImages } from "../../plan/check.ts"
import type { ModemFacts } from "../../plan/facts.ts"
import { emit } from "../events.ts"
import type { FlowOptions, WantedFirmware } from "./state.ts"

/** Proof that every check of the images against this modem passed. Only {@link checkAgainstModem} makes it. */
export interface Checked {
  readonly imei: string | undefined
  readonly family: string
  readonly passed: ReadonlyArray<string>
}

export const checkAgainstModem = step({
  name: "check",
  title: "check family, product, size and versions of the images against this modem",
  risk: "none",
  deadline: Duration.seconds(5),
  run: (state: {
    readonly facts: ModemFacts
    readonly family: Family
    readonly images: ReadonlyArray<OpenedImage>
    readonly wanted: WantedFirmware
    readonly options: FlowOptions
  }) =>
    Effect.gen(function* () {
      const { facts, family, images, options, wanted } = state
      const checks = yield* Effect.fromResult(
        checkImages({
          facts,
          family,
          images: images.map(({ image }) => image),
          wanted,
          modemStorageIndex: options.modemStorageIndex
        })
      )
      for (const { detail } of checks.warnings) yield* emit({ _tag: "Warning", step: "check", detail })
      const checked: Checked = { imei: facts.imei, family: family.id, passed: checks.passed }
      return { checked }
    })
})

/** For a modem in boot-and-hold, which cannot be asked: family and product against the boot loader's family. */
export const checkImagesOnly = step({
  name: "check",
  title: "check family, product and size of the images against the modem's family",
  risk: "none",
  deadline: Duration.seconds(5),
  run: (state: {
    readonly family: Family
    readonly images: ReadonlyArray<OpenedImage>
    readonly wanted: WantedFirmware
  }) =>
    Effect.gen(function* () {
      const { family, images, wanted } = state
      const checks = yield* Effect.fromResult(
        checkImages({
          facts: undefined,
          family,
          images: images.map(({ image }) => image),
          wanted,
          modemStorageIndex: undefined
        })
      )
      const checked: Checked = { imei: undefined, family: family.id, passed: checks.passed }
      return { checked }
    })
})
