/** Package names of Sierra images, as `AT!PRIID?` and `AT!PACKAGE?` print them (at.md §4.5, §4.6). Pure. */
import * as Result from "effect/Result"
import type { AtText } from "../framing.ts"
import { AtReplyError } from "./reply-text.ts"

/** `<sku>_<part>_<image>_<00>_<carrier>_<revision>_<index>`. */
export interface PackageId {
  readonly sku: string
  readonly part: string
  /** `SWI9X30C_02.24.05.06`. */
  readonly image: string
  readonly reserved: string
  readonly carrier: string
  /** `002.019`. */
  readonly revision: string
  /** `000`. */
  readonly index: string
}

const pattern =
  /^(\d{1,10})_(\d{1,10})_([A-Z0-9]{1,16}_\d{2}\.\d{2}\.\d{2}\.\d{2})_(\d{2})_(\S{1,64})_(\d{3}\.\d{3})_(\d{3})$/

/** `undefined` for text of another form: modems print free text here too. */
export const readPackageId = (text: string): PackageId | undefined => {
  const match = pattern.exec(text.trim())
  if (match === null) return undefined
  const [, sku = "", part = "", image = "", reserved = "", carrier = "", revision = "", index = ""] = match
  return { sku, part, image, reserved, carrier, revision, index }
}

export const writePackageId = (id: PackageId): string =>
  [id.sku, id.part, id.image, id.reserved, id.carrier, id.revision, id.index].join("_")

export interface PackageReply {
  /** Free text: the layout of the reply is not documented. */
  readonly text: string
  /** The image name found in it, e.g. `SWI9X30C_02.24.05.06`. */
  readonly image?: string
  readonly id?: PackageId
}

/** `AT!PACKAGE?`: a prefix `!PACKAGE:` may or may not be there. */
export const readPackage = (lines: ReadonlyArray<string>): Result.Result<PackageReply, AtReplyError> => {
  const text = lines
    .map((line) => line.replace(/^\s*!PACKAGE:/, "").trim())
    .filter((line) => line !== "")
    .join(" ")
  if (text === "") {
    return Result.fail(new AtReplyError({ command: "AT!PACKAGE?", wanted: "a package name", found: [...lines] }))
  }
  const image = /SWI9[A-Za-z0-9]{1,12}_\d{2}\.\d{2}\.\d{2}\.\d{2}/.exec(text)?.[0]
  const id = readPackageId(text)
  return Result.succeed({ text, ...(image === undefined ? {} : { image }), ...(id === undefined ? {} : { id }) })
}

export const writePackage = (text: string): AtText => ({ lines: [text] })
