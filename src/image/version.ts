/**
 * What version strings and file names say: firmware, config (PRI) version, carrier, SKU, part number, family token,
 * boot block and package version (images.md §4.1, devices.md §5). Pure; letters keep their case, since the modem
 * compares the carrier case-sensitively (devices.md §6.1).
 *
 * ```
 * <SKU>_<part number>_<family token>_<AA.BB.CC.DD[-NNN]>_<boot block>_<CARRIER>_<NNN.NNN>_<NNN>[-field]
 * <family token>_<AA.BB.CC.DD[-NNN]>[_<CARRIER>_<NNN.NNN>_<NNN>]
 * ```
 *
 * Where this differs from the reference grammar, on purpose:
 * - stricter: numbers end where they end. `_05.05.58.001` is no version here (the reference reads `05.05.58.00`), and
 *   `002.072_0011` no config version. A wrong version would be written into the modem's preference.
 * - wider: a carrier may hold digits, dots, blanks, `&` and brackets (`GENEU-4G`, `O2`, `AT&T`, `TMO (Generic)`), as
 *   real names do; it needs one letter, so that the boot block `00` cannot become a carrier.
 * - the same: the last version in the string wins, carrier and config count only behind it and only together, and the
 *   version needs an underscore in front.
 */

export interface VersionFields {
  /** `AA.BB.CC.DD`. */
  readonly firmware?: string
  /** The build suffix of SDX55 and newer: `001` in `03.09.15.00-001`; no part of the firmware version. */
  readonly build?: string
  readonly carrier?: string
  /** `NNN.NNN_NNN`: config version and package version together, as the preference wants it. */
  readonly config?: string
  /** The last three digits of `config`. */
  readonly packageVersion?: string
  readonly bootBlock?: string
  readonly sku?: string
  readonly partNumber?: string
  /** Family (`SWI9X30C`, `9200`) or, in OEM packages and old file names, model (`EM7455`, `MC7700`). */
  readonly familyToken?: string
  /** What follows the package version, e.g. `field` or `SPKG_MC`. */
  readonly suffix?: string
}

const Firmware = /_(\d{2}\.\d{2}\.\d{2}\.\d{2})(?:-(\d{3})(?!\d))?(?!\d|\.\d)/g
const Config = /^\d{3}\.\d{3}$/
const Package = /^(\d{3})(?!\d|\.\d)(?:-(.+))?/
const isCarrier = (text: string) => /^[A-Za-z0-9&+. ()-]+$/.test(text) && /[A-Za-z]/.test(text)
const PartNumber = /^\d{7}$/
/** At least one digit; long plain numbers are SKUs or part numbers. */
const Family = /^(?!\d{5})(?=[A-Za-z]*\d)[A-Za-z0-9]{4,12}$/
const Extension = /\.(?:cwe|nvu|spk|zip|exe|sop|mbn)$/i

/** Reads a version string from a header. Whatever is not there is left out. */
export const parseVersion = (text: string): VersionFields => {
  let found: RegExpExecArray | undefined
  for (const match of text.matchAll(Firmware)) found = match
  if (found === undefined) return {}
  const [whole, firmware, build] = found
  const before = text.slice(0, found.index).split("_")
  const after = text.slice(found.index + whole.length)
  return {
    ...(firmware === undefined ? {} : { firmware }),
    ...(build === undefined ? {} : { build }),
    ...leading(before),
    ...trailing(after)
  }
}

/** Reads a file name: as {@link parseVersion}, without a known extension. */
export const parseFileName = (name: string): VersionFields => parseVersion(name.replace(Extension, ""))

/** The fields in front of the firmware version, from right to left. */
const leading = (fields: ReadonlyArray<string>): VersionFields => {
  // `MC7700_ATT_03.05.10.02`: the old names put an operator between model and version. It is no carrier token of a
  // preference (9200 has none) and `Global` there stands beside `generic` inside, so it is not taken as a value.
  const skip = fields.length === 2 && !Family.test(fields[1]!) && /^[A-Za-z-]+$/.test(fields[1]!) ? 1 : 0
  const [familyToken, partNumber, sku] = fields.slice(0, fields.length - skip).reverse()
  if (familyToken === undefined || !Family.test(familyToken)) return {}
  return {
    familyToken,
    ...(partNumber !== undefined && PartNumber.test(partNumber) ? { partNumber } : {}),
    ...(sku !== undefined && (PartNumber.test(sku) || sku === "INTERNAL") ? { sku } : {})
  }
}

/** The fields behind the firmware version; `rest` begins with an underscore where there are any. */
const trailing = (rest: string): VersionFields => {
  const fields = rest.split("_")
  const bootBlock = fields[1] !== undefined && /^\d{2}$/.test(fields[1]) ? { bootBlock: fields[1] } : {}
  for (let at = fields.length - 2; at >= 2; at--) {
    const carrier = fields[at - 1]!
    const tail = Package.exec(fields[at + 1]!)
    if (tail === null || !Config.test(fields[at]!) || !isCarrier(carrier)) continue
    const packageVersion = tail[1]!
    const suffix = [...(tail[2] === undefined ? [] : [tail[2]]), ...fields.slice(at + 2)].join("_")
    const config = `${fields[at]!}_${packageVersion}`
    return { ...bootBlock, carrier, config, packageVersion, ...(suffix === "" ? {} : { suffix }) }
  }
  return bootBlock
}

/**
 * The family that a token names, for comparing: `SWI9X30C` and `9x30` are both `9X30`, `SWI9200X` and `9200` are
 * `9200`, `SWIX55C` is `X55`. Undefined for model names (`EM7455`), which name no family.
 */
export const familyOf = (token: string): string | undefined => {
  const upper = token.toUpperCase()
  if (/^(?:\d{4}|\dX\d{2})$/.test(upper)) return upper
  return /^SWI(\d?[X\d]\d{2}|X\d{2})[A-Z]?$/.exec(upper)?.[1]
}
