/**
 * Versions as firmware ids: what stands in the unique id and the build id of an image. Source: qmi.md §6.4.
 * The reference silently cuts ids that are too long (§11.5). A cut id names an image that exists nowhere, and a
 * modem with such a preference boots in low-power mode: here it is an error.
 */
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import type { Catalogue } from "../problem.ts"
import { type ImageId, UNIQUE_ID_SIZE } from "./dms-firmware.ts"

const BUILD_ID_MAX = 0xff
/** Unique id of a system image, and the carrier in its build id: "not applicable". */
const NOT_APPLICABLE = "?"
const MODEM_UNIQUE_ID = "?_?"

/** More bytes than the field of the message has. */
export const TooLong = Schema.TaggedStruct("TooLong", { bytes: Schema.Int, max: Schema.Int })
export const Empty = Schema.TaggedStruct("Empty", {})
/** Not printable ASCII, or a character that separates the parts of an id. */
export const BadCharacter = Schema.TaggedStruct("BadCharacter", { character: Schema.String, at: Schema.Int })
/** Not of the form that the document describes. */
export const NotAnId = Schema.TaggedStruct("NotAnId", { wanted: Schema.String })

const Reason = Schema.Union([TooLong, Empty, BadCharacter, NotAnId])

const versions = "Check the firmware, config and carrier names, above all those given on the command line."

export const firmwareIdCatalogue: Catalogue<(typeof Reason.Type)["_tag"]> = {
  TooLong: { code: "FIRMWARE_ID_TOO_LONG", help: versions },
  Empty: { code: "FIRMWARE_ID_EMPTY", help: versions },
  BadCharacter: { code: "FIRMWARE_ID_CHARACTER", help: versions },
  NotAnId: { code: "FIRMWARE_ID_UNKNOWN", help: "The modem holds an image of an unknown kind; it is left as it is." }
}

/** `field`: `firmware version`, `config version`, `carrier`, `unique id` or `build id`. */
export class FirmwareIdError extends Schema.TaggedError<FirmwareIdError>()("FirmwareIdError", {
  field: Schema.String,
  value: Schema.String,
  reason: Reason
}) {
  get code(): string {
    return firmwareIdCatalogue[this.reason._tag].code
  }
  get help(): string {
    return firmwareIdCatalogue[this.reason._tag].help
  }
  override get message(): string {
    const what = `${this.field} "${this.value}"`
    switch (this.reason._tag) {
      case "TooLong":
        return `${what} has ${String(this.reason.bytes)} bytes; the modem takes ${String(this.reason.max)}`
      case "Empty":
        return `${this.field} is empty`
      case "BadCharacter":
        return `${what} has "${this.reason.character}" at position ${String(this.reason.at)}`
      case "NotAnId":
        return `${what} is not ${this.reason.wanted}`
    }
  }
}

/** The parts of an id. `modem`: a system image; `pri`: a carrier configuration. */
export type FirmwareId =
  | { readonly type: "modem"; readonly firmware: string }
  | { readonly type: "pri"; readonly firmware: string; readonly carrier: string; readonly config: string }

type Outcome<A> = Result.Result<A, FirmwareIdError>

const refuse = (field: string, value: string, reason: typeof Reason.Type): Outcome<never> =>
  Result.fail(new FirmwareIdError({ field, value, reason }))

const part = (field: string, value: string, max: number, forbidden: RegExp): Outcome<string> => {
  if (value.length === 0) return refuse(field, value, { _tag: "Empty" })
  const bad = forbidden.exec(value)
  if (bad !== null) return refuse(field, value, { _tag: "BadCharacter", character: bad[0], at: bad.index })
  return value.length > max
    ? refuse(field, value, { _tag: "TooLong", bytes: value.length, max })
    : Result.succeed(value)
}

const notPrintable = /[^\x20-\x7e]/
/** The firmware version ends at the first `_` of a build id, so it cannot have one. */
const notInFirmware = /[^\x20-\x7e]|_/

const padded = (text: string): Uint8Array => {
  const bytes = new Uint8Array(UNIQUE_ID_SIZE)
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i)
  return bytes
}

/** Id of the system image of a firmware version, e.g. `05.05.58.00`: unique id `?_?`, build id `05.05.58.00_?`. */
export const modemImageId = (firmware: string): Outcome<ImageId> =>
  Result.gen(function* () {
    const version = yield* part("firmware version", firmware, BUILD_ID_MAX, notInFirmware)
    const buildId = yield* part("build id", `${version}_${NOT_APPLICABLE}`, BUILD_ID_MAX, notPrintable)
    return { type: "modem", uniqueId: padded(MODEM_UNIQUE_ID), buildId }
  })

/**
 * Id of a carrier configuration: unique id is the config version, e.g. `005.025_002`; build id is firmware version
 * and carrier, e.g. `05.05.58.00_Generic`. Case counts.
 */
export const priImageId = (firmware: string, carrier: string, config: string): Outcome<ImageId> =>
  Result.gen(function* () {
    const version = yield* part("firmware version", firmware, BUILD_ID_MAX, notInFirmware)
    const name = yield* part("carrier", carrier, BUILD_ID_MAX, notPrintable)
    const unique = yield* part("config version", config, UNIQUE_ID_SIZE, notPrintable)
    const buildId = yield* part("build id", `${version}_${name}`, BUILD_ID_MAX, notPrintable)
    return { type: "pri", uniqueId: padded(unique), buildId }
  })

/** The text of a unique id: printable ASCII, at least one character, then only NULs; `undefined` for anything else. */
const textOf = (uniqueId: Uint8Array): string | undefined => {
  const end = uniqueId.indexOf(0)
  const length = end < 0 ? uniqueId.length : end
  if (length === 0 || uniqueId.subarray(length).some((byte) => byte !== 0)) return undefined
  const text = String.fromCharCode(...uniqueId.subarray(0, Math.min(length, UNIQUE_ID_SIZE)))
  return length > UNIQUE_ID_SIZE || notPrintable.test(text) ? undefined : text
}

/** A unique id for people: text as text, otherwise its bytes in hex joined by `:` (§6.4). */
export const printUniqueId = (uniqueId: Uint8Array): string =>
  textOf(uniqueId) ?? Array.from(uniqueId, (byte) => byte.toString(16).padStart(2, "0")).join(":")

/** The parts of an id that a modem reported; the inverse of {@link modemImageId} and {@link priImageId}. */
export const parseImageId = (id: ImageId): Outcome<FirmwareId> => {
  const config = textOf(id.uniqueId)
  if (config === undefined) {
    return refuse("unique id", printUniqueId(id.uniqueId), { _tag: "NotAnId", wanted: "text" })
  }
  const cut = id.buildId.indexOf("_")
  const firmware = id.buildId.slice(0, cut)
  const carrier = id.buildId.slice(cut + 1)
  if (cut < 1 || carrier === "" || notPrintable.test(id.buildId)) {
    return refuse("build id", id.buildId, { _tag: "NotAnId", wanted: "<firmware>_<carrier>" })
  }
  switch (id.type) {
    case "modem":
      if (config !== MODEM_UNIQUE_ID) return refuse("unique id", config, { _tag: "NotAnId", wanted: MODEM_UNIQUE_ID })
      if (carrier !== NOT_APPLICABLE) return refuse("build id", id.buildId, { _tag: "NotAnId", wanted: "<firmware>_?" })
      return Result.succeed({ type: "modem", firmware })
    case "pri":
      return Result.succeed({ type: "pri", firmware, carrier, config })
    default:
      return refuse("image type", String(id.type), { _tag: "NotAnId", wanted: "modem or PRI" })
  }
}

/** The same image: type, every byte of the unique id, and the build id with its case. */
export const sameImage = (
  a: Pick<ImageId, "type" | "uniqueId" | "buildId">,
  b: Pick<ImageId, "type" | "uniqueId" | "buildId">
): boolean =>
  a.type === b.type &&
  a.buildId === b.buildId &&
  a.uniqueId.length === b.uniqueId.length &&
  a.uniqueId.every((byte, i) => byte === b.uniqueId[i])
