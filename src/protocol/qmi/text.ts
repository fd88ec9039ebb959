/**
 * Strings as modems send them. Source: qmi.md §1.2, "read side": printable UTF-8, else GSM-7, else UCS-2LE, else an error.
 */

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true })
const utf16 = new TextDecoder("utf-16le", { fatal: true, ignoreBOM: true })
const encoder = new TextEncoder()

/** GSM 03.38 default alphabet, one character per septet; index 0x1B is the escape. */
const gsm =
  "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\u001bÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?" +
  "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"

const gsmEscaped: Readonly<Record<number, string>> = {
  0x0a: "\f",
  0x14: "^",
  0x28: "{",
  0x29: "}",
  0x2f: "\\",
  0x3c: "[",
  0x3d: "~",
  0x3e: "]",
  0x40: "|",
  0x65: "€"
}

/** White space counts as printable: a revision that ends in a line break is still UTF-8, not GSM-7 (where `_` is 0x11). */
const printable = (text: string): boolean => !/[^\P{C}\t\n\r]/u.test(text)

const attempt = (decoder: typeof utf8, bytes: Uint8Array): string | undefined => {
  try {
    const text = decoder.decode(bytes)
    return printable(text) ? text : undefined
  } catch {
    return undefined
  }
}

/** Unpacked: one septet per byte. */
const fromGsm7 = (bytes: Uint8Array): string | undefined => {
  let text = ""
  for (let i = 0; i < bytes.length; i++) {
    const septet = bytes[i] ?? 0
    const character = septet === 0x1b ? gsmEscaped[bytes[++i] ?? -1] : gsm[septet]
    if (character === undefined) return undefined
    text += character
  }
  return text
}

/**
 * The text of a string TLV, or `undefined` if it is none. NULs at the end of otherwise printable UTF-8 are
 * dropped: the document knows no terminator, and read as GSM-7 they would become `@`.
 */
export const decodeText = (bytes: Uint8Array): string | undefined => {
  let end = bytes.length
  while (end > 0 && bytes[end - 1] === 0) end--
  return attempt(utf8, bytes.subarray(0, end)) ?? fromGsm7(bytes) ?? attempt(utf16, bytes)
}

export const encodeText = (text: string): Uint8Array => encoder.encode(text)
