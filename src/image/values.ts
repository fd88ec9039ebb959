/**
 * The versions of one image: who says what, and whether they agree (images.md §4.2). Pure.
 *
 * The order differs from the reference in one point: an embedded carrier part (`NVUP`) comes before the file name.
 * Names get changed, also in case, and a carrier in the wrong case locks the modem in low-power mode (devices.md §6.1).
 */
import type { CwePart, ImageNote, ImageValues, SourcedValue } from "./FirmwareImage.ts"
import { partsOf } from "./FirmwareImage.ts"
import type { ImageReason, ValueName, ValueSource } from "./ImageError.ts"
import type { VersionFields } from "./version.ts"
import { familyOf, parseFileName, parseVersion } from "./version.ts"

export const valueNames = ["firmware", "config", "carrier", "sku", "partNumber", "familyToken"] as const

/** More distinct embedded values than this of one kind are not listed: a hostile file could bring thousands. */
const MaxSources = 16

/** A boot part may only fill a gap: boot loaders keep their version over several firmware releases. */
type Said = ValueSource & { readonly weak?: true }

const say = (fields: VersionFields, name: ValueName, from: ValueSource["from"], where: string): ReadonlyArray<Said> => {
  const value = fields[name]
  return value === undefined ? [] : [{ from, where, value }]
}

const same = (name: ValueName, a: Said, b: Said): boolean => {
  if (a.value === b.value) return true
  if (name === "familyToken") {
    const [familyA, familyB] = [familyOf(a.value), familyOf(b.value)]
    return familyA === undefined || familyB === undefined || familyA === familyB
  }
  // Case of the carrier is as people like it in file names; what is inside counts.
  const named = a.from === "file-name" || b.from === "file-name"
  return name === "carrier" && named && a.value.toLowerCase() === b.value.toLowerCase()
}

export interface Findings {
  readonly values: ImageValues
  readonly problems: ReadonlyArray<ImageReason>
  readonly notes: ReadonlyArray<ImageNote>
}

/** All values of the image `name` with this tree. Differences in SKU and part number are notes: nothing hangs on them. */
export const findValues = (name: string, root: CwePart | undefined): Findings => {
  const problems: Array<ImageReason> = []
  const notes: Array<ImageNote> = []
  const inside = partsOf(root).slice(1)
  const header = root === undefined ? {} : parseVersion(root.header.version)
  const fileName = root === undefined ? {} : parseFileName(name)
  const where = (part: CwePart) => `${name} part ${part.id} (${part.header.type})`
  const embedded = (type: string) =>
    inside
      .filter((part) => part.header.type === type)
      .map((part) => ({ where: where(part), fields: parseVersion(part.header.version) }))
  const carriers = embedded("NVUP")
  const boots = embedded("BOOT")

  const find = (value: ValueName): SourcedValue => {
    const distinct = new Map<string, Said>()
    for (const part of carriers) {
      for (const said of say(part.fields, value, "embedded-part", part.where)) {
        if (!distinct.has(said.value) && distinct.size < MaxSources) distinct.set(said.value, said)
      }
    }
    const weak =
      value === "firmware"
        ? boots.slice(0, 1).flatMap((part) => say(part.fields, value, "embedded-part", part.where))
        : []
    const all: ReadonlyArray<Said> = [
      ...(root === undefined ? [] : say(header, value, "header", where(root))),
      ...distinct.values(),
      ...say(fileName, value, "file-name", name),
      ...weak.map((said) => ({ ...said, weak: true as const }))
    ]
    const sources = all.map(({ from, value: said, where: place }) => ({ from, where: place, value: said }))
    const first = all[0]
    if (first === undefined) return { value: undefined, sources }
    const others = all.filter((said) => !same(value, first, said))
    const strong = others.filter((said) => said.weak !== true)
    if (strong.length > 0 && value !== "sku" && value !== "partNumber") {
      problems.push({ _tag: "SourcesDisagree", value, sources })
    } else {
      for (const said of others)
        notes.push({ text: `${value}: ${first.value} is used, ${said.where} says ${said.value}` })
    }
    if (others.length === 0 && value === "carrier" && all.some((said) => said.value !== first.value)) {
      notes.push({ text: `carrier: ${first.value} is used as it is written inside; the file name differs in case` })
    }
    return { value: first.value, sources }
  }

  const values: ImageValues = {
    firmware: find("firmware"),
    config: find("config"),
    carrier: find("carrier"),
    sku: find("sku"),
    partNumber: find("partNumber"),
    familyToken: find("familyToken")
  }
  return { values, problems, notes }
}
