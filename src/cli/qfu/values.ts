/** The values of options as numbers: what that program takes for one, and within its limits. Pure. */

/**
 * As C's `strtoul` reads a number: blanks and a sign in front, whatever follows the digits is ignored; 0 where there are
 * none. Undefined for a negative one, which wraps around there and is out of every range.
 */
const leading = (text: string, base: 10 | 16): number | undefined => {
  const pattern = base === 10 ? /^[ \t\n\v\f\r]*([+-]?)(\d+)/ : /^[ \t\n\v\f\r]*([+-]?)(?:0x(?=[0-9a-f]))?([0-9a-f]+)/i
  const [, sign, digits] = pattern.exec(text) ?? []
  if (digits === undefined) return 0
  return sign === "-" ? undefined : Number.parseInt(digits, base)
}

const within = (text: string, base: 10 | 16, most: number): number | undefined => {
  const value = leading(text, base)
  return value === undefined || value < 1 || value > most ? undefined : value
}

/** `VID` or `VID:PID`, as our own selector takes it; undefined where it is neither. */
export const vidPid = (text: string): string | undefined => {
  const fields = text.split(":")
  const ids = fields.map((field) => within(field, 16, 0xffff))
  return fields.length > 2 || ids.includes(undefined)
    ? undefined
    : ids.map((id) => (id ?? 0).toString(16).padStart(4, "0")).join(":")
}

/** `DEV` or `BUS:DEV`, as our own selector takes it; undefined where it is neither. */
export const busnumDevnum = (text: string): string | undefined => {
  const fields = text.split(":")
  const numbers = fields.map((field) => within(field, 10, 0xffff_ffff))
  return fields.length > 2 || numbers.includes(undefined) ? undefined : numbers.map(String).join(":")
}

/** As C's `strtol` reads it, the base from its beginning: all of it, and 32 bits at most. */
export const integer = (text: string): number | undefined => {
  const [, sign, digits] = /^[ \t\n\v\f\r]*([+-]?)(0x[0-9a-f]+|\d+)$/i.exec(text) ?? []
  if (digits === undefined) return undefined
  const octal = /^0\d/.test(digits)
  if (octal && !/^[0-7]+$/.test(digits)) return undefined
  const value = (sign === "-" ? -1 : 1) * (octal ? Number.parseInt(digits, 8) : Number(digits))
  return value < -0x8000_0000 || value > 0x7fff_ffff ? undefined : value
}
