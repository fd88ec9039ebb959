/** Facts of an EM7455 that runs and prefers 02.33.03.00 GENERIC 002.072_000, and nothing is wrong with it. */
import type { ModemFacts, StoredImage } from "../../src/plan/facts.ts"

export const preference = { firmware: "02.33.03.00", config: "002.072_000", carrier: "GENERIC" } as const

export const storedModem = (firmware: string, running = false): StoredImage => ({
  type: "modem",
  storageIndex: 1,
  failures: 0,
  uniqueId: "?_?",
  buildId: `${firmware}_?`,
  running
})

export const storedPri = (firmware: string, carrier: string, config: string, running = false): StoredImage => ({
  type: "pri",
  storageIndex: 0xff,
  uniqueId: config,
  buildId: `${firmware}_${carrier}`,
  running
})

export const stored = (...images: ReadonlyArray<StoredImage>): ModemFacts["storedImages"] => ({
  _tag: "Supported",
  value: { maximumModemImages: 4, maximumPriImages: 50, images }
})

export const facts9x30: ModemFacts = {
  model: "EM7455",
  revision: "SWI9X30C_02.33.03.00 r8209 CARMD-EV-FRMWR2 2019/08/28 20:59:30",
  token: "SWI9X30C",
  firmware: "02.33.03.00",
  imei: "123456789012347",
  carrier: "GENERIC",
  config: "002.072_000",
  preference: { _tag: "Supported", value: { current: preference } },
  storedImages: stored(
    storedModem("02.24.05.06"),
    storedModem("02.33.03.00", true),
    storedPri("02.33.03.00", "GENERIC", "002.072_000", true)
  ),
  operatingMode: "online",
  offlineReasons: []
}

/** An MC7710: neither preference nor stored images (QMI error 71). */
export const facts9200: ModemFacts = {
  revision: "SWI9200X_03.05.29.03ap r6485 CNSHZ-ED-XP0031 2014/12/02 17:53:15",
  token: "SWI9200X",
  firmware: "03.05.29.03",
  imei: "123456789012347",
  preference: { _tag: "NotSupported", error: 71 },
  storedImages: { _tag: "NotSupported", error: 71 },
  operatingMode: "online",
  offlineReasons: []
}
