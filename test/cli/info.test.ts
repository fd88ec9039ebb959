/** `boothold info`, whole. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { takenBy } from "../../src/cli/firmware.ts"
import { Host } from "../../src/doctor/Host.ts"
import { AtFacts } from "../../src/plan/at-facts.ts"
import { ModemDetails, Support } from "../../src/plan/details.ts"
import { ModemFacts } from "../../src/plan/facts.ts"
import { foundOf, node, soundDevice, soundFacts, soundHost } from "../doctor/support.ts"
import { boothold } from "./support.ts"

const InfoReport = Schema.Struct({
  modem: Schema.Struct({ usbPath: Schema.String }),
  facts: ModemFacts,
  support: Support,
  details: ModemDetails,
  at: Schema.NullOr(AtFacts),
  atNote: Schema.NullOr(Schema.String)
})
const decode = Schema.decodeUnknownSync(Schema.fromJsonString(Schema.toCodecJson(InfoReport)))

describe("boothold info", () => {
  it.effect("tells everything in one picture", () =>
    Effect.gen(function* () {
      const { code, out } = yield* boothold(["info", "--simulate", "em7455"])
      assert.strictEqual(code, 0)
      assert.strictEqual(
        out.replace(/status .*/, "status …"),
        [
          "EM7455 1199:9071 at 1-2, serial XX000000000000, application",
          "  model         EM7455",
          "  manufacturer  Sierra Wireless, Incorporated",
          "  IMEI          123456789012347",
          "  revision      SWI9X30C_02.24.05.06 r7040 CARMD-EV-FRMWR2 2017/05/19 06:23:09",
          "  firmware      02.24.05.06",
          "  carrier       GENERIC",
          "  config        002.026_000",
          "  hardware      0.5",
          "  boot loader   SWI9X30C_02.24.05.06",
          "  preference    02.24.05.06, GENERIC 002.026_000",
          "  stored        at most 4 firmware and 50 carrier images",
          "                slot 1: modem 02.24.05.06_? ?_?  (running)",
          "                pri 02.24.05.06_GENERIC 002.026_000  (running)",
          "  mode          online",
          "  status …",
          "  USB           composition 6: DM,NMEA,AT,QMI (can: 6, 8, 9)",
          "  supports      updated as SWI9X30, firmware preference, stored images (4 firmware, 50 carrier), boot-and-hold by set-firmware-id, then boot-image-download-mode, then at-boothold",
          "  ports         ttyUSB0 (diag), ttyUSB1 (nmea), ttyUSB2 (at), cdc-wdm0 (control)",
          "  not told      Get Factory SKU, Get Software Version"
        ].join("\n")
      )
    })
  )

  it.effect("says the same as JSON, also of a modem with no AT port", () =>
    Effect.gen(function* () {
      const report = decode((yield* boothold(["info", "--simulate", "em7455", "--json"])).out)
      assert.deepStrictEqual(
        [report.facts.firmware, report.at?.model, report.atNote, report.details.usb?.current.number],
        ["02.24.05.06", "EM7455", null, 6]
      )
      const mbim = ["info", "--simulate", "em7455", "--simulate-composition", "9", "--json"]
      const without = decode((yield* boothold(mbim)).out)
      assert.deepStrictEqual([without.at, without.atNote, without.support.family], [null, "no serial port", "SWI9X30"])
    })
  )

  it.effect("leaves the AT port to another program that has one of the modem's ports", () =>
    Effect.gen(function* () {
      const why = (nodes: typeof soundFacts.nodes) =>
        Effect.provideService(takenBy(foundOf(soundDevice)), Host, {
          facts: Effect.succeed(soundHost),
          device: () => Effect.succeed({ ...soundFacts, nodes })
        })
      assert.isUndefined(yield* why(soundFacts.nodes))
      const holders = [{ pid: 812, program: "ModemManager" }]
      assert.strictEqual(yield* why([node("/dev/ttyUSB2", { holders })]), "ModemManager (pid 812) uses /dev/ttyUSB2")
      // Simulated modems are nobody else's.
      assert.isUndefined(yield* takenBy(foundOf(soundDevice)))
    })
  )
})
