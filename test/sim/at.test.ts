import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { em7455, make, mc7354, mc7455, mc7710 } from "../../src/sim/index.ts"
import type { ModemSetup } from "../../src/sim/index.ts"
import { openLine, wait } from "./support.ts"

const openAt = Effect.fnUntraced(function* (setup: ModemSetup) {
  const modem = yield* make(setup)
  return { modem, line: yield* openLine(modem, "at") }
})

/** Commands whose replies are compared with the transcripts of at.md, `⏎` written out. */
const crlf = (text: string): string => text.replaceAll("⏎", "\r\n").replaceAll("␠", " ").replaceAll("→", "\t")

const switched = {
  firmware: "02.08.02.00",
  carrier: "GENERIC",
  config: "002.007_001",
  preference: { firmware: "02.24.05.06", carrier: "VERIZON", config: "002.034_000" }
}

describe("the AT port of a simulated modem", () => {
  it.effect("answers a bare AT with echo on and off", () =>
    Effect.gen(function* () {
      const { line } = yield* openAt(em7455())
      assert.strictEqual(yield* line.askText("AT\r"), "AT\r\r\nOK\r\n")
      assert.strictEqual(yield* line.askText("ATE0\r"), "ATE0\r\r\nOK\r\n")
      assert.strictEqual(yield* line.askText("AT\r\n"), "\r\nOK\r\n")
      assert.strictEqual(yield* line.askText("ATE1\r"), "\r\nOK\r\n")
      assert.strictEqual(yield* line.askText("at\r"), "at\r\r\nOK\r\n")
    })
  )

  it.effect("returns what is no command and says nothing", () =>
    Effect.gen(function* () {
      const { line } = yield* openAt(em7455())
      assert.strictEqual(yield* line.askText("hello\r"), "hello\r")
    })
  )

  it.effect("takes a command in pieces, CR last", () =>
    Effect.gen(function* () {
      const { line } = yield* openAt(em7455())
      assert.strictEqual(yield* line.askText("AT+C"), "")
      assert.strictEqual(yield* line.askText("GSN"), "")
      assert.strictEqual(yield* line.askText("\r"), "AT+CGSN\r\r\n123456789012347\r\n\r\nOK\r\n")
    })
  )

  it.effect("identifies a 9200, 9x15 and 9x30 as their transcripts do", () =>
    Effect.gen(function* () {
      const echo = "ATI\r\r\n"
      const nine200 = yield* openAt(mc7710())
      assert.strictEqual(
        yield* nine200.line.askText("ATI\r"),
        echo +
          crlf(
            "Manufacturer: Sierra Wireless, Incorporated⏎Model: MC7710⏎Revision: SWI9200X_03.05.19.04ap r5475 carmd-en-10527 2012/09/17 17:57:14⏎IMEI: 123456789012347⏎FSN: XX000000000000⏎3GPP Release 8⏎⏎OK⏎"
          )
      )
      const nine15 = yield* openAt(mc7354())
      assert.strictEqual(
        yield* nine15.line.askText("ATI\r"),
        echo +
          crlf(
            "Manufacturer: Sierra Wireless, Incorporated⏎Model: MC7354⏎Revision: SWI9X15C_05.05.16.03 r22385 carmd-fwbuild1 2014/06/04 15:01:26⏎MEID: A0000000000000⏎ESN: 00000000000, 80000000⏎IMEI: 123456789012347⏎IMEI SV: 13⏎FSN: XX000000000000⏎+GCAP: +CIS707-A, CIS-856, CIS-856-A, +CGSM, +CLTE2, +MS, +ES, +DS, +FCLASS⏎⏎⏎OK⏎"
          )
      )
      const nine30 = yield* openAt(mc7455({ firmware: "02.33.03.00" }))
      assert.strictEqual(
        yield* nine30.line.askText("ATI\r"),
        echo +
          crlf(
            "Manufacturer: Sierra Wireless, Incorporated⏎Model: MC7455⏎Revision: SWI9X30C_02.33.03.00 r8209 CARMD-EV-FRMWR2 2019/08/28 20:59:30⏎MEID: 12345678901234⏎IMEI: 123456789012347⏎IMEI SV: 20⏎FSN: XX000000000000⏎+GCAP: +CGSM⏎⏎⏎OK⏎"
          )
      )
      assert.strictEqual(
        yield* nine30.line.askText("AT+CGMR\r"),
        "AT+CGMR\r\r\nSWI9X30C_02.33.03.00 r8209 CARMD-EV-FRMWR2 2019/08/28 20:59:30\r\n\r\nOK\r\n"
      )
      assert.strictEqual(yield* nine30.line.askText("AT+GMM\r"), "AT+GMM\r\r\nMC7455\r\n\r\nOK\r\n")
      assert.strictEqual(
        yield* nine30.line.askText("AT+GMI\r"),
        "AT+GMI\r\r\nSierra Wireless, Incorporated\r\n\r\nOK\r\n"
      )
    })
  )

  it.effect("shows preferred and current image, with the sub-PRI index on newer firmware", () =>
    Effect.gen(function* () {
      const { line } = yield* openAt(em7455())
      assert.strictEqual(
        yield* line.askText("AT!IMPREF?\r"),
        "AT!IMPREF?\r\r\n" +
          crlf(
            "!IMPREF:␠⏎ preferred fw version:    02.24.05.06⏎ preferred carrier name:  GENERIC⏎ preferred config name:   GENERIC_002.026_000⏎ current fw version:      02.24.05.06⏎ current carrier name:    GENERIC⏎ current config name:     GENERIC_002.026_000⏎⏎OK⏎"
          )
      )
      const newer = yield* openAt(em7455({ firmware: "02.33.03.00", config: "002.072_000" }))
      assert.strictEqual(
        yield* newer.line.askText("AT!GOBIIMPREF?\r"),
        "AT!GOBIIMPREF?\r\r\n" +
          crlf(
            "!GOBIIMPREF:␠⏎ preferred fw version:    02.33.03.00⏎ preferred carrier name:  GENERIC⏎ preferred config name:   GENERIC_002.072_000⏎ preferred subpri index:  000⏎ current fw version:      02.33.03.00⏎ current carrier name:    GENERIC⏎ current config name:     GENERIC_002.072_000⏎ current subpri index:    000⏎⏎OK⏎"
          )
      )
    })
  )

  it.effect("shows every mismatch and the low power that it causes", () =>
    Effect.gen(function* () {
      const { line } = yield* openAt(em7455(switched))
      assert.strictEqual(
        yield* line.askText("AT!IMPREF?\r"),
        "AT!IMPREF?\r\r\n" +
          crlf(
            "!IMPREF:␠⏎ preferred fw version:    02.24.05.06⏎ preferred carrier name:  VERIZON⏎ preferred config name:   VERIZON_002.034_000⏎ current fw version:      02.08.02.00⏎ current carrier name:    GENERIC⏎ current config name:     GENERIC_002.007_001⏎⏎ fw version mismatch⏎ carrier name mismatch⏎ config name mismatch⏎⏎OK⏎"
          )
      )
      assert.strictEqual(
        yield* line.askText("AT!PCINFO?\r"),
        "AT!PCINFO?\r\r\n" +
          crlf(
            "State: Low Power Mode⏎LPM voters - Temp:0, Volt:0, User:0, W_DISABLE:0, IMSWITCH:1, BIOS:0⏎LPM persistence - None⏎⏎OK⏎"
          )
      )
      yield* wait("430 seconds")
      assert.strictEqual(
        yield* line.askText("AT!GSTATUS?\r"),
        "AT!GSTATUS?\r\r\n" +
          crlf("!GSTATUS:␠⏎Current Time:  432→→Temperature: 29⏎Reset Counter: 1→→Mode:        LOW POWER MODE␠⏎⏎⏎OK⏎")
      )
      assert.include(yield* line.askText("AT+CFUN=1\r"), "\r\nERROR\r\n")
      yield* line.askText("AT+CMEE=2\r")
      assert.include(yield* line.askText("AT+CFUN=1\r"), "\r\n+CME ERROR: operation not supported\r\n")
    })
  )

  it.effect("names the voter of a 9x15 GOBIIM", () =>
    Effect.gen(function* () {
      const preference = { firmware: "05.05.58.00", carrier: "GENERIC", config: "005.026_000" }
      const { line } = yield* openAt(mc7354({ preference }))
      assert.strictEqual(
        yield* line.askText("AT!PCINFO?\r"),
        "AT!PCINFO?\r\r\n" +
          crlf(
            "State: LowPowerMode⏎LPM force flags - W_DISABLE:0, User:0, Temp:0, Volt:0, BIOS:0, GOBIIM:1⏎W_DISABLE: 0⏎Poweroff mode: 0⏎LPM Persistent: 1⏎⏎OK⏎"
          )
      )
      assert.include(yield* line.askText("AT!GOBIIMPREF?\r"), " fw version mismatch\r\n")
    })
  )

  it.effect("lists images in columns", () =>
    Effect.gen(function* () {
      const { line } = yield* openAt(
        mc7455({
          firmware: "02.24.03.00",
          config: "002.021_000",
          storedFirmware: ["02.20.03.22"],
          storedCarriers: [{ firmware: "02.24.03.00", carrier: "ATT", config: "002.022_000" }]
        })
      )
      assert.strictEqual(
        yield* line.askText("AT!IMAGE?\r"),
        "AT!IMAGE?\r\r\n" +
          [
            "TYPE SLOT STATUS LRU FAILURES UNIQUE_ID   BUILD_ID",
            "FW   1    GOOD   2   0 0      ?_?         02.24.03.00_?",
            "FW   2    GOOD   1   0 0      ?_?         02.20.03.22_?",
            "FW   3    EMPTY  0   0 0                  ",
            "FW   4    EMPTY  0   0 0                  ",
            "Max FW images: 4",
            "Active FW image is at slot 1",
            "",
            "TYPE SLOT STATUS LRU FAILURES UNIQUE_ID   BUILD_ID",
            "PRI  FF   GOOD   0   0 0      002.021_000 02.24.03.00_GENERIC",
            "PRI  FF   GOOD   0   0 0      002.022_000 02.24.03.00_ATT",
            "Max PRI images: 50",
            "",
            "OK",
            ""
          ].join("\r\n")
      )
    })
  )

  it.effect("deletes images only when unlocked, and never what runs", () =>
    Effect.gen(function* () {
      const { line, modem } = yield* openAt(
        em7455({
          storedFirmware: ["02.20.03.22", "02.33.03.00"],
          storedCarriers: [{ firmware: "02.24.05.06", carrier: "ATT", config: "002.022_000" }]
        })
      )
      assert.include(yield* line.askText("AT!IMAGE=0\r"), "ERROR")
      assert.include(yield* line.askText('AT!ENTERCND="A711"\r'), "ERROR")
      assert.include(yield* line.askText("AT!ENTERCND=A710\r"), "ERROR")
      assert.include(yield* line.askText("AT!ENTERCND?\r"), "ERROR")
      assert.include(yield* line.askText('AT!ENTERCND="A710"\r'), "OK")
      assert.include(yield* line.askText("AT!ENTERCND?\r"), "A710")
      assert.include(yield* line.askText("AT!IMAGE=0,0,3\r"), "OK")
      assert.deepStrictEqual(
        (yield* modem.state).slots.map(({ firmware }) => firmware),
        ["02.24.05.06", "02.20.03.22", "", ""]
      )
      assert.strictEqual((yield* modem.state).pris.length, 2)
      assert.include(yield* line.askText("AT!IMAGE=0\r"), "OK")
      assert.deepStrictEqual(
        (yield* modem.state).slots.map(({ firmware }) => firmware),
        ["02.24.05.06", "", "", ""]
      )
      assert.deepStrictEqual(
        (yield* modem.state).pris.map(({ carrier }) => carrier),
        ["GENERIC"]
      )
    })
  )

  it.effect("sets a preference by carrier only when its images are stored", () =>
    Effect.gen(function* () {
      const { line, modem } = yield* openAt(
        em7455({
          ...switched,
          storedFirmware: ["02.24.05.06"],
          storedCarriers: [
            { firmware: "02.24.05.06", carrier: "ATT", config: "002.022_000" },
            { firmware: "02.33.03.00", carrier: "BELL", config: "001.001_000" }
          ]
        })
      )
      // Its carrier image is stored, the firmware for it is not.
      assert.include(yield* line.askText('AT!IMPREF="BELL"\r'), "ERROR")
      assert.include(yield* line.askText('AT!IMPREF="SPRINT"\r'), "ERROR")
      assert.include(yield* line.askText('AT!IMPREF="att"\r'), "ERROR")
      assert.include(yield* line.askText('AT!IMPREF="ATT"\r'), "OK")
      assert.deepStrictEqual((yield* modem.state).preference, {
        firmware: "02.24.05.06",
        carrier: "ATT",
        config: "002.022_000"
      })
      assert.include(yield* line.askText("AT!RESET\r", 0.1), "OK")
      yield* wait("30 seconds")
      const state = yield* modem.state
      assert.deepStrictEqual(
        [state.running.firmware, state.running.carrier, state.operatingMode],
        ["02.24.05.06", "ATT", 0]
      )
      assert.isFalse(state.settings.unlocked)
    })
  )

  it.effect("shows a pending AUTO-SIM without a firmware line", () =>
    Effect.gen(function* () {
      const { line } = yield* openAt(em7455())
      assert.include(yield* line.askText('AT!IMPREF="AUTO-SIM"\r'), "OK")
      const reply = yield* line.askText("AT!IMPREF?\r")
      assert.include(reply, " preferred config name:   AUTO-SIM_000.000_000\r\n")
      assert.include(reply, "\r\n\r\n carrier name mismatch\r\n config name mismatch\r\n\r\nOK\r\n")
    })
  )

  it.effect("takes an explicit preference", () =>
    Effect.gen(function* () {
      const { line, modem } = yield* openAt(em7455())
      assert.include(yield* line.askText('AT!IMPREF="02.33.03.00","GENERIC","GENERIC_002.072_000"\r'), "OK")
      assert.deepStrictEqual((yield* modem.state).preference, {
        firmware: "02.33.03.00",
        carrier: "GENERIC",
        config: "002.072_000"
      })
      assert.include(yield* line.askText('AT!IMPREF="02.33.03.00","GENERIC","002.072_000"\r'), "ERROR")
    })
  )

  it.effect("shows factory and carrier PRI, and the package", () =>
    Effect.gen(function* () {
      const { line } = yield* openAt(em7455())
      assert.strictEqual(
        yield* line.askText("AT!PRIID?\r"),
        "AT!PRIID?\r\r\n" +
          crlf(
            "PRI Part Number: 9904802⏎Revision: 001.001⏎Customer: Generic-Laptop⏎⏎Carrier PRI: 9999999_9999999_SWI9X30C_02.24.05.06_00_GENERIC_002.026_000⏎⏎OK⏎"
          )
      )
      assert.include(yield* line.askText("AT!PACKAGE?\r"), "SWI9X30C_02.24.05.06_00_GENERIC_002.026_000")
    })
  )

  it.effect("answers USB identity only when unlocked", () =>
    Effect.gen(function* () {
      const { line } = yield* openAt(em7455())
      for (const command of ["AT!USBCOMP?", "AT!USBVID?", "AT!USBPID?"]) {
        assert.include(yield* line.askText(`${command}\r`), "ERROR")
      }
      yield* line.askText('AT!ENTERCND="A710"\r')
      assert.strictEqual(yield* line.askText("AT!USBVID?\r"), "AT!USBVID?\r\r\n!USBVID: 1199\r\n\r\nOK\r\n")
      assert.include(yield* line.askText("AT!USBPID?\r"), "APP : 9071\r\nBOOT: 9070\r\n")
      assert.include(yield* line.askText("AT!USBCOMP?\r"), "Config Type:  1 (Generic)\r\n")
    })
  )

  it.effect("refuses what the family does not have", () =>
    Effect.gen(function* () {
      const nine200 = yield* openAt(mc7710())
      for (const command of ["!IMPREF?", "!GOBIIMPREF?", "!IMAGE?", "!PCINFO?", "!PRIID?", "!USBCOMP?"]) {
        assert.include(yield* nine200.line.askText(`AT${command}\r`), "\r\nERROR\r\n")
      }
      const nine15 = yield* openAt(mc7354())
      assert.include(yield* nine15.line.askText("AT!IMPREF?\r"), "\r\nERROR\r\n")
      assert.include(yield* nine15.line.askText("AT!GOBIIMPREF?\r"), "\r\nOK\r\n")
      assert.include(yield* nine15.line.askText("AT!NOSUCH\r"), "\r\nERROR\r\n")
      assert.include(yield* nine15.line.askText('AT!IMPREF="\r'), "\r\nERROR\r\n")
    })
  )

  it.effect("goes into boot-and-hold for AT!BOOTHOLD and leaves the preference alone", () =>
    Effect.gen(function* () {
      for (const setup of [mc7710(), mc7354(), em7455()]) {
        const { line, modem } = yield* openAt(setup)
        const { preference } = yield* modem.state
        assert.strictEqual(yield* line.askText("AT!BOOTHOLD\r", 0.5), "AT!BOOTHOLD\r\r\nOK\r\n")
        yield* wait("10 seconds")
        assert.strictEqual(line.ended()?.reason._tag, "Unplugged")
        assert.strictEqual((yield* modem.state).mode, "boot-and-hold")
        assert.deepStrictEqual((yield* modem.state).preference, preference)
      }
    })
  )

  it.effect("refuses AT!BOOTHOLD on newer 9x30 firmware until it is unlocked, and is locked again after a reset", () =>
    Effect.gen(function* () {
      const { line, modem } = yield* openAt(em7455({ firmware: "02.33.03.00" }))
      assert.strictEqual(yield* line.askText("AT!BOOTHOLD\r"), "AT!BOOTHOLD\r\r\nERROR\r\n")
      assert.strictEqual(yield* line.askText("AT!ENTERCND?\r"), "AT!ENTERCND?\r\r\nERROR\r\n")
      assert.strictEqual(yield* line.askText('AT!ENTERCND="A710"\r'), 'AT!ENTERCND="A710"\r\r\nOK\r\n')
      assert.strictEqual(yield* line.askText("AT!ENTERCND?\r"), "AT!ENTERCND?\r\r\nA710\r\n\r\nOK\r\n")
      assert.strictEqual(yield* line.askText("AT!RESET\r", 0.5), "AT!RESET\r\r\nOK\r\n")
      yield* wait("60 seconds")
      assert.isFalse((yield* modem.state).settings.unlocked)
      const again = yield* openLine(modem, "at")
      yield* again.askText('AT!ENTERCND="A710"\r')
      assert.strictEqual(yield* again.askText("AT!BOOTHOLD\r", 0.5), "AT!BOOTHOLD\r\r\nOK\r\n")
      yield* wait("10 seconds")
      assert.strictEqual((yield* modem.state).mode, "boot-and-hold")
    })
  )

  it.effect("is silent for a while after a boot, then answers with defaults", () =>
    Effect.gen(function* () {
      const { line, modem } = yield* openAt(em7455())
      yield* line.askText("ATE0\r")
      yield* line.askText("AT!RESET\r")
      yield* wait("15.5 seconds")
      const again = yield* openLine(modem, "at")
      assert.strictEqual(yield* again.askText("AT\r"), "")
      yield* wait("3 seconds")
      assert.strictEqual(yield* again.askText("AT\r"), "AT\r\r\nOK\r\n")
    })
  )
})
