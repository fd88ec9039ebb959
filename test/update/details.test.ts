/** What `info` has besides the facts: every question may fail, and says why. */
import { assert, describe, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { factsLines } from "../../src/cli/render/facts.ts"
import { styleFor } from "../../src/cli/render/text.ts"
import { familyOfToken } from "../../src/device/families/families.ts"
import * as Modem from "../../src/device/Modem.ts"
import { supportOf } from "../../src/plan/details.ts"
import { QmiError } from "../../src/session/QmiError.ts"
import type { QmiSession } from "../../src/session/QmiSession.ts"
import * as Sim from "../../src/sim/index.ts"
import { atFactsOf } from "../../src/update/read-at-facts.ts"
import { readDetails } from "../../src/update/read-details.ts"
import * as Update from "../../src/update/Update.ts"
import { timed, valueOf } from "../support/virtual-time.ts"

const inspect = (setup: Sim.ModemSetup) =>
  Effect.gen(function* () {
    const modem = yield* Modem.select()
    const { exit, millis } = yield* timed(Update.inspect(modem))
    const { details, facts } = valueOf(exit)
    const report = yield* timed(atFactsOf(modem))
    const control = yield* Sim.SimControl
    const journal = yield* control.modems[0]!.journal
    return { modem, details, facts, millis, at: valueOf(report.exit).facts, journal }
  }).pipe(Effect.provide(Sim.layer(setup)))

describe("the details of a modem", () => {
  it.effect("are read from what it tells; what it does not know is named", () =>
    Effect.gen(function* () {
      const { details, facts } = yield* inspect(Sim.em7455({ storedFirmware: ["02.08.02.00"] }))
      const { images, untold, ...rest } = details
      assert.deepStrictEqual(rest, {
        hardwareRevision: "0.5",
        bootVersion: "SWI9X30C_02.24.05.06",
        priVersion: "002.026",
        hardwareRestricted: false,
        nextStart: "normal",
        usb: {
          current: { number: 6, ports: "DM,NMEA,AT,QMI" },
          supported: [
            { number: 6, ports: "DM,NMEA,AT,QMI" },
            { number: 8, ports: "DM,NMEA,AT,MBIM" },
            { number: 9, ports: "MBIM" }
          ]
        }
      })
      assert.deepStrictEqual(
        images.map(({ buildId, type }) => `${type} ${buildId}`),
        ["modem 02.24.05.06_?", "modem 02.08.02.00_?", "pri 02.24.05.06_GENERIC"]
      )
      assert.deepStrictEqual(
        untold.map(({ question }) => question),
        ["Get Factory SKU", "Get Software Version"]
      )
      assert.include(untold[0]?.why, "InvalidQmiCommand")
      assert.deepStrictEqual(supportOf(facts, familyOfToken(facts.token)), {
        family: "SWI9X30",
        preference: true,
        storedImages: true,
        firmwareSlots: 4,
        carrierSlots: 50,
        bootAndHold: ["set-firmware-id", "boot-image-download-mode", "at-boothold"]
      })
    })
  )

  it.effect("are no more than its family has: no stored images, no vendor's messages on 9200", () =>
    Effect.gen(function* () {
      const { details, facts, journal } = yield* inspect(Sim.mc7710())
      assert.deepStrictEqual([details.images, details.usb], [[], undefined])
      const { preference, storedImages } = supportOf(facts, undefined)
      assert.deepStrictEqual([preference, storedImages], [false, false])
      // Nothing that changes the modem was asked, not even to find out whether it can be.
      const writing = [
        "Set Firmware ID",
        "Set Operating Mode",
        "Set Boot Image Download Mode",
        "Swi Set USB Composition"
      ]
      const asked = journal.flatMap((entry) => (entry._tag === "QmiRequest" ? [entry.name] : []))
      for (const name of writing)
        assert.isFalse(
          asked.some((one) => one.includes(name)),
          name
        )
    })
  )

  it.effect("cost little where the modem falls silent: two questions are waited for, the others are not asked", () =>
    Effect.gen(function* () {
      const { facts } = yield* inspect(Sim.em7455())
      const asked: Array<string> = []
      const deaf: QmiSession = {
        endpoint: "deaf",
        close: Effect.void,
        abandon: Effect.void,
        request: ({ name }, _, deadline = Duration.seconds(10)) =>
          Effect.suspend(() => {
            asked.push(name)
            const reason = { _tag: "NoAnswer", millis: Duration.toMillis(deadline) } as const
            return Effect.delay(Effect.fail(new QmiError({ endpoint: "deaf", request: name, reason })), deadline)
          })
      }
      const { exit, millis } = yield* timed(readDetails(deaf, facts))
      const details = valueOf(exit)
      assert.deepStrictEqual(asked, ["Get Hardware Revision", "Get Factory SKU"])
      assert.isAtMost(millis, 6100)
      assert.lengthOf(details.untold, 8)
      assert.strictEqual(details.untold[7]?.why, "not asked: the modem does not answer any more")
    })
  )
})

describe("info", () => {
  it.effect("names the reason for low power, and its cure", () =>
    Effect.gen(function* () {
      const wanted = { firmware: "02.33.03.00", config: "002.072_000", carrier: "GENERIC" }
      const { at, details, facts, modem } = yield* inspect(Sim.em7455({ preference: wanted }))
      const support = supportOf(facts, familyOfToken(facts.token))
      const text = factsLines(modem, facts, styleFor(false), { details, support, at, atNote: undefined }).join("\n")
      for (const line of [
        "  mode          low-power",
        "  held by       host-image-misconfiguration, pri-image-misconfiguration",
        "  low power     IMSWITCH: preferred and running firmware or carrier image differ, or a switch is pending; run `boothold update` with",
        "  status        Low Power Mode, 29 °C",
        "  USB           composition 6: DM,NMEA,AT,QMI (can: 6, 8, 9)",
        "  supports      updated as SWI9X30, firmware preference, stored images (4 firmware, 50 carrier), boot-and-hold by set-firmware-id, then",
        "  not told      Get Factory SKU, Get Software Version"
      ]) {
        assert.include(text, line)
      }
    })
  )
})
