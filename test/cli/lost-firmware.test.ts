/** Firmware that runs and is in no slot (slot 255): every command that asks the modem says so, with the cure. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { imageFindings } from "../../src/cli/commands/doctor.ts"
import { factsLines } from "../../src/cli/render/facts.ts"
import { imagesLines, imagesReport } from "../../src/cli/render/images.ts"
import { styleFor } from "../../src/cli/render/text.ts"
import * as Modem from "../../src/device/Modem.ts"
import { doctorCatalogue } from "../../src/doctor/Finding.ts"
import * as Image from "../../src/file/Image.ts"
import { supportOf } from "../../src/plan/details.ts"
import { swi9x30 } from "../../src/device/families/swi9x30.ts"
import * as Sim from "../../src/sim/index.ts"
import { atImagesOf } from "../../src/update/read-at-facts.ts"
import * as Update from "../../src/update/Update.ts"
import { withLostFirmware } from "../support/lost-firmware.ts"
import { drive, images9x30, succeeded } from "../support/simulated-update.ts"
import { contains } from "./support.ts"

const plainStyle = styleFor(false)

const looks = (setup: Sim.ModemSetup) =>
  Effect.map(
    drive(
      setup,
      { files: images9x30 },
      Effect.scoped(
        Effect.gen(function* () {
          const modem = yield* Modem.select()
          const { details, facts } = yield* Update.inspect(modem)
          const at = yield* atImagesOf(modem)
          const set = yield* Image.openSet(Object.keys(images9x30))
          const findings = yield* imageFindings({ modem, standing: { _tag: "modem" } }, set)
          const inspected = { details, support: supportOf(facts, swi9x30), at: undefined, atNote: undefined }
          assert(facts.storedImages._tag === "Supported")
          const report = imagesReport(modem, facts, facts.storedImages.value, at)
          return {
            info: factsLines(modem, facts, plainStyle, inspected).join("\n"),
            list: imagesLines(report, plainStyle).join("\n"),
            report,
            findings
          }
        })
      )
    ),
    succeeded
  )

const means = "loss of firmware: 02.24.05.06 runs, but is in none of the modem's slots (slot 255)"
const cure = "run `boothold update` with system and carrier image of 02.24.05.06"

describe("loss of firmware", () => {
  it.effect("is told by info, by images list and by doctor, once each", () =>
    Effect.gen(function* () {
      const { findings, info, list, report } = yield* looks(
        withLostFirmware(Sim.em7455({ storedFirmware: ["02.08.02.00"] }))
      )
      contains(info, means, cure)
      contains(list, `warning: ${means}`, cure, "1 of 4 slots in use")
      assert.include(report.loss?.means, means)
      const told = findings.filter(({ reason }) => reason.includes("loss of firmware"))
      assert.deepStrictEqual(
        told.map(({ code, severity }) => [code, severity]),
        [[doctorCatalogue.FirmwareLost.code, "warning"]]
      )
      assert.include(told[0]?.cure, cure)
    })
  )

  it.effect("is not told of a modem that runs what is in its slot", () =>
    Effect.gen(function* () {
      const { findings, info, list, report } = yield* looks(Sim.em7455())
      assert.notInclude(info + list + JSON.stringify(findings), "loss of firmware")
      assert.isNull(report.loss)
    })
  )
})
