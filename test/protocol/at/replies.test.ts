import { assert, describe, it } from "@effect/vitest"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { AtReader } from "../../../src/protocol/at/AtReader.ts"
import { formatReply, type AtText } from "../../../src/protocol/at/framing.ts"
import { readIdentification, writeIdentification } from "../../../src/protocol/at/replies/identification.ts"
import {
  mismatchesOf,
  readImagePreference,
  writeImagePreference,
  type RunningImage
} from "../../../src/protocol/at/replies/image-preference.ts"
import { readPackage, readPackageId, writePackageId } from "../../../src/protocol/at/replies/package-id.ts"
import { activeVoters, isLowPower, readPowerInfo, writePowerInfo } from "../../../src/protocol/at/replies/power-info.ts"
import { readPriId, writePriId } from "../../../src/protocol/at/replies/pri-id.ts"
import { readStatus, writeStatus } from "../../../src/protocol/at/replies/status.ts"
import { readStoredImages, writeStoredImages } from "../../../src/protocol/at/replies/stored-images.ts"
import { readBand, writeBand } from "../../../src/protocol/at/replies/band.ts"
import { readCustom, writeCustom } from "../../../src/protocol/at/replies/custom.ts"
import { readPacketContexts, writePacketContexts } from "../../../src/protocol/at/replies/packet-contexts.ts"
import { readRadioAccess, writeRadioAccess } from "../../../src/protocol/at/replies/radio-access.ts"
import {
  readPowerOffEnable,
  readUdComposition,
  readUdProduct,
  readUsbLayout,
  readUsbProducts,
  readUsbVendor,
  writeBare,
  writeUsbLayout,
  writeUsbProducts,
  writeUsbVendor
} from "../../../src/protocol/at/replies/usb-settings.ts"
import * as transcripts from "./transcripts.ts"

const linesOf = (transcript: string): ReadonlyArray<string> => {
  const reply = new AtReader("AT").push(transcripts.wire(transcript))
  assert(reply !== undefined && Result.isSuccess(reply))
  assert.deepStrictEqual(reply.success.final, { _tag: "Ok" })
  return reply.success.lines
}

/** Reads the transcript, and prints the same bytes again. */
const both = <A, E>(
  transcript: string,
  read: (lines: ReadonlyArray<string>) => Result.Result<A, E>,
  write: (value: A) => AtText
): A => {
  const value = Result.getOrThrow(read(linesOf(transcript)))
  assert.deepStrictEqual(formatReply({ ...write(value), final: { _tag: "Ok" } }), transcripts.wire(transcript))
  return value
}

describe("ATI", () => {
  it("of a MC7710 (9200) has a build suffix, no IMEI SV and a nameless line", () => {
    assert.deepStrictEqual(both(transcripts.identification.mc7710, readIdentification, writeIdentification), {
      manufacturer: "Sierra Wireless, Incorporated",
      model: "MC7710",
      revision: "SWI9200X_03.05.19.04ap r5475 carmd-en-10527 2012/09/17 17:57:14",
      imei: "123456789012347",
      factorySerialNumber: "XX000000000000",
      other: ["3GPP Release 8"]
    })
  })

  it("of a MC7354 (9x15) has MEID and ESN", () => {
    const value = both(transcripts.identification.mc7354, readIdentification, writeIdentification)
    assert.strictEqual(value.revision, "SWI9X15C_05.05.16.03 r22385 carmd-fwbuild1 2014/06/04 15:01:26")
    assert.strictEqual(value.esn, "00000000000, 80000000")
    assert.strictEqual(value.imeiSoftwareVersion, "13")
    assert.strictEqual(value.capabilities, "+CIS707-A, CIS-856, CIS-856-A, +CGSM, +CLTE2, +MS, +ES, +DS, +FCLASS")
  })

  it("of a MC7455 (9x30) and an EM7565 (9x50) is read whole, colons of the time included", () => {
    const mc7455 = both(transcripts.identification.mc7455, readIdentification, writeIdentification)
    assert.strictEqual(mc7455.revision, "SWI9X30C_02.33.03.00 r8209 CARMD-EV-FRMWR2 2019/08/28 20:59:30")
    assert.strictEqual(mc7455.meid, "12345678901234")
    const em7565 = both(transcripts.identification.em7565, readIdentification, writeIdentification)
    assert.strictEqual(em7565.revision, "SWI9X50C_01.00.02.00 6ff48a jenkins 2017/09/29 05:54:26")
  })

  it("of a secondary port, which answers only APP1, is no identification", () => {
    const read = readIdentification(["APP1"])
    assert(Result.isFailure(read))
    assert.include(read.failure.message, "APP1")
  })
})

describe("AT!IMPREF?", () => {
  const generic: RunningImage = { firmware: "01.00.02.00", carrier: "GENERIC", config: "GENERIC_001.012_000" }

  it("without mismatch", () => {
    assert.deepStrictEqual(both(transcripts.imagePreference.normal, readImagePreference, writeImagePreference), {
      command: "IMPREF",
      preferred: generic,
      current: generic,
      mismatches: [],
      other: []
    })
  })

  it("with a line per mismatch, in the order of the modem", () => {
    const value = both(transcripts.imagePreference.mismatch, readImagePreference, writeImagePreference)
    assert.deepStrictEqual(value.preferred, {
      firmware: "02.24.05.06",
      carrier: "VERIZON",
      config: "VERIZON_002.034_000"
    })
    assert.deepStrictEqual(value.mismatches, ["firmware", "carrier", "config"])
    assert.deepStrictEqual(mismatchesOf(value.preferred, value.current), value.mismatches)
  })

  it("of a 9x15 answers under the name GOBIIMPREF, with a carrier of digits and hyphen", () => {
    const value = both(transcripts.imagePreference.gobi, readImagePreference, writeImagePreference)
    assert.strictEqual(value.command, "GOBIIMPREF")
    assert.strictEqual(value.current.carrier, "GENEU-4G")
  })

  it("with sub-PRI lines", () => {
    const value = both(transcripts.imagePreference.subpri, readImagePreference, writeImagePreference)
    assert.deepStrictEqual([value.preferred.subpri, value.current.subpri], ["000", "000"])
  })

  it("understands narrower gaps, no indent, the retyped mismatch and unknown lines", () => {
    const read = readImagePreference([
      "!IMPREF:",
      "preferred fw version: 01.00",
      "calculated fw version: 01.00",
      "current fw version: 02.00",
      "fw mismatch"
    ])
    assert.deepStrictEqual(
      read,
      Result.succeed({
        command: "IMPREF",
        preferred: { firmware: "01.00", carrier: "", config: "" },
        current: { firmware: "02.00", carrier: "", config: "" },
        mismatches: ["firmware"],
        other: ["calculated fw version: 01.00"]
      })
    )
  })

  it("without the current firmware is refused, naming the line", () => {
    const read = readImagePreference(["!IMPREF: ", " preferred fw version:    01.00"])
    assert(Result.isFailure(read))
    assert.include(read.failure.message, "current fw version")
  })

  const noPri: RunningImage = { firmware: "01.00.02.00", carrier: "", config: "" }
  const cases: ReadonlyArray<readonly [string, RunningImage, RunningImage, ReadonlyArray<string>]> = [
    ["PRI not applied", { ...generic, config: "GENERIC_001.013_000" }, generic, ["config"]],
    ["no PRI at all", generic, noPri, ["carrier", "config"]],
    ["prototype", noPri, noPri, []],
    [
      "AUTO-SIM pending",
      { firmware: "00.00.00.00", carrier: "AUTO-SIM", config: "AUTO-SIM_000.000_000" },
      generic,
      ["carrier", "config"]
    ],
    ["other case", { ...generic, carrier: "Generic" }, generic, ["carrier"]]
  ]
  for (const [name, preferred, current, wanted] of cases) {
    it(`differs as at.md §4.1 says: ${name}`, () => {
      assert.deepStrictEqual(mismatchesOf(preferred, current), wanted)
    })
  }
})

describe("AT!IMAGE?", () => {
  it("of a MC7455 with an empty slot", () => {
    const value = both(transcripts.storedImages, readStoredImages, writeStoredImages)
    assert.strictEqual(value.maxFirmware, 4)
    assert.strictEqual(value.maxConfig, 50)
    assert.strictEqual(value.activeSlot, 4)
    assert.strictEqual(value.rows.length, 7)
    assert.deepStrictEqual(value.rows[0], {
      type: "FW",
      slot: 1,
      status: "GOOD",
      lru: 4,
      programmingFailures: 0,
      switchingFailures: 0,
      uniqueId: "?_?",
      buildId: "02.20.03.22_?"
    })
    assert.deepInclude(value.rows[2], { slot: 3, status: "EMPTY", uniqueId: "", buildId: "" })
    assert.deepStrictEqual(value.rows[5], {
      type: "PRI",
      status: "GOOD",
      lru: 0,
      programmingFailures: 0,
      switchingFailures: 0,
      uniqueId: "002.021_000",
      buildId: "02.24.03.00_GENERIC"
    })
  })

  it("keeps failure counters apart and shows slot 255 as it is", () => {
    const value = Result.getOrThrow(
      readStoredImages(["FW   1    BAD    12  3 255    ?_?         02.20.03.22_?", "Active FW image is at slot 255"])
    )
    assert.deepInclude(value.rows[0], { status: "BAD", lru: 12, programmingFailures: 3, switchingFailures: 255 })
    assert.strictEqual(value.activeSlot, 255)
  })

  it("right after a deletion has header and limits only", () => {
    const value = Result.getOrThrow(
      readStoredImages(linesOf("TYPE SLOT STATUS LRU FAILURES UNIQUE_ID   BUILD_ID⏎Max PRI images: 50⏎⏎OK⏎"))
    )
    assert.deepStrictEqual(value, { rows: [], maxConfig: 50, other: [] })
  })

  it("is refused when it is no table", () => {
    assert.isTrue(Result.isFailure(readStoredImages(["hello"])))
  })
})

describe("AT!PRIID? and AT!PACKAGE?", () => {
  it("of an EM7565 with two carriers", () => {
    const value = both(transcripts.priId, readPriId, writePriId)
    assert.strictEqual(value.partNumber, "9907344")
    assert.strictEqual(value.customer, "Generic-M2M")
    assert.deepStrictEqual(
      value.carrierPris.map((pri) => readPackageId(pri)?.carrier),
      ["ATT", "GENERIC"]
    )
  })

  it("says None when no carrier PRI is stored", () => {
    const none = "PRI Part Number: Unknown⏎Revision: Unknown⏎Customer: Unknown⏎⏎Carrier PRI: None⏎⏎OK⏎"
    assert.deepStrictEqual(both(none, readPriId, writePriId).carrierPris, [])
  })

  it("a package name has its parts, as of a 9x15", () => {
    const name = "9999999_9902266_SWI9X15C_05.05.58.01_00_VZW_005.029_001"
    const id = readPackageId(name)
    assert.deepStrictEqual(id, {
      sku: "9999999",
      part: "9902266",
      image: "SWI9X15C_05.05.58.01",
      reserved: "00",
      carrier: "VZW",
      revision: "005.029",
      index: "001"
    })
    assert.strictEqual(id === undefined ? "" : writePackageId(id), name)
    assert.strictEqual(readPackageId("something else"), undefined)
  })

  it("a package reply is free text in which the image name is found", () => {
    const read = readPackage(["!PACKAGE: ", "xx SWI9X30C_02.24.05.06 yy"])
    assert.deepStrictEqual(read, Result.succeed({ text: "xx SWI9X30C_02.24.05.06 yy", image: "SWI9X30C_02.24.05.06" }))
    assert.isTrue(Result.isFailure(readPackage(["!PACKAGE: "])))
  })
})

describe("AT!PCINFO?", () => {
  it("of an EM7565 names its voters", () => {
    const value = both(transcripts.powerInfo.em7565, readPowerInfo, writePowerInfo)
    assert.deepStrictEqual(activeVoters(value), ["IMSWITCH"])
    assert.strictEqual(value.voterLines[0]?.length, 10)
    assert.isTrue(isLowPower(value))
    assert.strictEqual(value.persistence, "None")
  })

  it("of a MC7304 names its force flags", () => {
    const value = both(transcripts.powerInfo.mc7304, readPowerInfo, writePowerInfo)
    assert.strictEqual(value.form, "force flags")
    assert.deepStrictEqual(activeVoters(value), ["GOBIIM"])
    assert.deepInclude(value, { wDisable: "0", powerOffMode: "0", persistence: "1" })
    assert.isTrue(isLowPower(value))
  })

  it("of a MC8805 has its flags on two lines", () => {
    const value = both(transcripts.powerInfo.mc8805, readPowerInfo, writePowerInfo)
    assert.deepStrictEqual(
      value.voterLines.map((line) => line.length),
      [4, 3]
    )
    assert.deepStrictEqual(activeVoters(value), ["BIOS"])
  })

  it("of a modem that is online", () => {
    const value = Result.getOrThrow(readPowerInfo(["State: Online", "LPM voters - Temp:0, Volt:0"]))
    assert.isFalse(isLowPower(value))
    assert.deepStrictEqual(activeVoters(value), [])
    assert.isTrue(Result.isFailure(readPowerInfo(["LPM voters - Temp:0"])))
  })
})

describe("AT!GSTATUS?", () => {
  it("in low power is read and printed", () => {
    const value = both(transcripts.status.lowPower, readStatus, (status) =>
      writeStatus({
        mode: status.mode,
        temperature: status.temperature ?? 0,
        currentTime: status.currentTime ?? 0,
        resetCounter: status.resetCounter ?? 0
      })
    )
    assert.deepInclude(value, { mode: "LOW POWER MODE", temperature: 29, currentTime: 434, resetCounter: 3 })
  })

  it("of a registered EM7565 keeps every cell", () => {
    const value = Result.getOrThrow(readStatus(linesOf(transcripts.status.registered)))
    assert.deepInclude(value, { mode: "ONLINE", temperature: 35, currentTime: 4306, resetCounter: 2 })
    const cell = (key: string) => value.values.find((entry) => entry.key === key)?.value
    assert.strictEqual(cell("EMM state"), "Registered Normal Service")
    assert.strictEqual(cell("LTE SSC1 state"), "NOT ASSIGNED")
    assert.strictEqual(cell("Cell ID"), "00a51b02 (10820354)")
    assert.strictEqual(cell("IMS reg state"), "No Srv")
    assert.strictEqual(value.values.length, 23)
  })

  it("prints ONLINE as padded in the registered transcript", () => {
    const written = writeStatus({ mode: "ONLINE", temperature: 35, currentTime: 4306, resetCounter: 2 })
    const start = transcripts.wire(transcripts.status.registered.split("System mode")[0] ?? "")
    const printed = formatReply({ ...written, final: { _tag: "Ok" } })
    assert.deepStrictEqual(printed.subarray(0, start.length), start)
  })
})

describe("settings", () => {
  const { settings } = transcripts

  it("AT+CGDCONT? has one profile a line; commas in quotes separate nothing", () => {
    assert.deepStrictEqual(both(settings.contexts, readPacketContexts, writePacketContexts), {
      contexts: [
        { id: 1, type: "IPV4V6", apn: "", address: "0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0", rest: ["0", "0", "0", "0"] }
      ]
    })
    const [context] = Result.getOrThrow(readPacketContexts(['+CGDCONT: 2,"IP","a,b",,0,0,0'])).contexts
    assert.deepStrictEqual(context, { id: 2, type: "IP", apn: "a,b", address: "", rest: ["0", "0", "0"] })
    assert.deepStrictEqual(Result.getOrThrow(readPacketContexts([])), { contexts: [] })
    assert.isTrue(Result.isFailure(readPacketContexts(["+CGREG: 1"])))
  })

  it("AT!BAND? tells names only while locked, and masks by column afterwards", () => {
    assert.deepStrictEqual(both(settings.bandLocked, readBand, writeBand), {
      columns: [],
      rows: [{ index: "00", name: "All bands", masks: [] }]
    })
    assert.deepStrictEqual(both(settings.band9x30, readBand, writeBand), {
      columns: ["GW Band Mask", "L Band Mask", "TDS Band Mask"],
      rows: [{ index: "00", name: "All bands", masks: ["0002000007C00000", "00000100130818DF", "0000000000000000"] }]
    })
    assert.isTrue(Result.isFailure(readBand(["Index, Name"])))
  })

  it("AT!BAND? of a 9x50 has six columns", () => {
    const { columns, rows } = Result.getOrThrow(
      readBand([
        "Index, Name,                        GW Band Mask     L Band Mask 1    L Band Mask 2    TDS Band Mask    L Band Mask 3    L Band Mask 4",
        "00, All bands                     100600000FC00000 00000100BA0E19DF 0000000000000002 0000000000000000 0000000000000000 0000000000000000"
      ])
    )
    assert.deepStrictEqual(columns.slice(0, 3), ["GW Band Mask", "L Band Mask 1", "L Band Mask 2"])
    assert.strictEqual(rows[0]?.masks.length, 6)
    assert.strictEqual(rows[0]?.masks[2], "0000000000000002")
  })

  it("AT!SELRAT?", () => {
    assert.deepStrictEqual(both(settings.radioAccess, readRadioAccess, writeRadioAccess), {
      index: "00",
      name: "Automatic"
    })
    assert.strictEqual(both(settings.radioAccessLte, readRadioAccess, writeRadioAccess).name, "LTE Only")
  })

  it("AT!USBCOMP?, AT!USBVID? and AT!USBPID?", () => {
    assert.deepStrictEqual(both(settings.usbLayout, readUsbLayout, writeUsbLayout), {
      index: "1",
      type: "1 (Generic)",
      interfaces: "0000100D (diag,nmea,modem,mbim)"
    })
    assert.deepStrictEqual(both(settings.usbVendor, readUsbVendor, writeUsbVendor), { vendor: "1199" })
    assert.deepStrictEqual(both(settings.usbProducts, readUsbProducts, writeUsbProducts), {
      application: "9091",
      boot: "9090"
    })
    assert.isTrue(Result.isFailure(readUsbVendor(["!USBVID: yes"])))
    assert.isTrue(Result.isFailure(readUsbProducts(["APP : 9091"])))
  })

  it("AT!UDUSBCOMP?, AT!UDPID? and AT!PCOFFEN? are bare values", () => {
    assert.strictEqual(both(settings.udComposition, readUdComposition, writeBare), "6")
    assert.strictEqual(both(settings.udProduct, readUdProduct, writeBare), "68A2")
    assert.strictEqual(both(settings.powerOffEnable, readPowerOffEnable, writeBare), "0")
    assert.strictEqual(Result.getOrThrow(readUdComposition(["!UDUSBCOMP: 8"])), "8")
    for (const read of [readUdComposition, readUdProduct, readPowerOffEnable]) {
      assert.isTrue(Result.isFailure(read([])))
      assert.isTrue(Result.isFailure(read(["Unknown"])))
    }
  })

  it("AT!CUSTOM? has rows of name and value, behind blanks or TABs", () => {
    const values = [
      { name: "GPSENABLE", value: "0x01" },
      { name: "FASTENUMEN", value: "0x02" }
    ]
    assert.deepStrictEqual(both(settings.custom, readCustom, writeCustom), { values })
    const tabs = ["!CUSTOM: ", "\tGPSENABLE\t\t0x01", "\tFASTENUMEN\t0x02"]
    assert.deepStrictEqual(Result.getOrThrow(readCustom(tabs)), { values })
    assert.deepStrictEqual(Result.getOrThrow(readCustom(["!CUSTOM: "])), { values: [] })
    assert.isTrue(Result.isFailure(readCustom([])))
  })
})

describe("readers of replies", () => {
  const Line = Schema.Union([
    Schema.String,
    Schema.Literals([
      "State: x",
      "LPM voters - a:1,:,b",
      "TYPE SLOT",
      "FW 1 GOOD 0 0 0 x",
      " preferred fw version: 1",
      "current fw version:",
      "Mode:\t\tx\t",
      "Model:",
      "Revision: :",
      "Carrier PRI: ",
      "PRI Part Number:",
      '+CGDCONT: 1,"',
      "+CGDCONT: 1,,,",
      "Index, Name,,  ,",
      "00, a  0002000007C00000",
      "!SELRAT: 0,",
      "APP : 9071",
      "!CUSTOM:",
      "__proto__: 1"
    ])
  ])
  it.prop("never throw, whatever the lines", [Schema.Array(Line)], ([lines]) => {
    readIdentification(lines)
    readImagePreference(lines)
    readStoredImages(lines)
    readPriId(lines)
    readPackage(lines)
    readPowerInfo(lines)
    readStatus(lines)
    readPacketContexts(lines)
    readBand(lines)
    readRadioAccess(lines)
    readUsbLayout(lines)
    readUsbVendor(lines)
    readUsbProducts(lines)
    readUdComposition(lines)
    readUdProduct(lines)
    readPowerOffEnable(lines)
    readCustom(lines)
  })
})
