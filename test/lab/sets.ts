/** Names of the images that the host makes and the guest uses. */

/** By family: names as the maker gives them; the preference that they lead to. */
export const sets = {
  "9x30": {
    files: ["SWI9X30C_02.33.03.00.cwe", "SWI9X30C_02.33.03.00_GENERIC_002.072_000.nvu"],
    preference: { firmware: "02.33.03.00", config: "002.072_000", carrier: "GENERIC" }
  },
  "9x15": {
    files: ["SWI9X15C_05.05.78.00.cwe", "SWI9X15C_05.05.78.00_GENERIC_005.031_001.nvu"],
    preference: { firmware: "05.05.78.00", config: "005.031_001", carrier: "GENERIC" }
  },
  "9200": {
    files: ["9999999_9999999_9200_03.05.29.03_00_generic_000.000_001_SPKG_MC.cwe"],
    preference: null
  }
} as const
