/** The firmware of the cases, made on the host. */
import { buildCarrierImage, buildCombinedImage, buildSystemImage } from "../../src/image/builder.ts"
import { sets } from "./sets.ts"

/** A chunk and a quarter: under emulation each MiB takes seconds. */
const size = 1_310_720

/** Two and a half chunks: first, middle and last one happen, in one update of each tool. */
const large = 2_621_440

const x30 = { familyToken: "SWI9X30C", firmware: "02.33.03.00", carrier: "GENERIC", config: "002.072_000" }
const x15 = { familyToken: "SWI9X15C", firmware: "05.05.78.00", carrier: "GENERIC", config: "005.031_001" }

export const imageFiles = (): { readonly [name: string]: Uint8Array } => ({
  [sets["9x30"].files[0]]: buildSystemImage({ ...x30, size }),
  [sets["9x30"].files[1]]: buildCarrierImage(x30),
  [sets["9x15"].files[0]]: buildSystemImage({ ...x15, size: large }),
  [sets["9x15"].files[1]]: buildCarrierImage(x15),
  [sets["9200"].files[0]]: buildCombinedImage({
    familyToken: "9200",
    firmware: "03.05.29.03",
    carrier: "generic",
    config: "000.000_001",
    size
  })
})
