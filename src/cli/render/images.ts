/** What a modem has stored, for programs and for people. */
import * as Schema from "effect/Schema"
import type { Modem } from "../../device/Modem.ts"
import type { AtImages } from "../../plan/at-facts.ts"
import { Preference, samePreference, showPreference } from "../../plan/facts.ts"
import type { ModemFacts, StoredImage, StoredImages } from "../../plan/facts.ts"
import { carrierOf, firmwareOf, lossOfFirmware, storedPairs, useOf } from "../../plan/stored.ts"
import { ModemReport, modemReport } from "./json.ts"
import { plain, rows } from "./text.ts"
import type { Style } from "./text.ts"

const ImageReport = Schema.Struct({
  type: Schema.Literals(["modem", "pri"]),
  /** Null for carrier images, which have none. */
  slot: Schema.NullOr(Schema.Int),
  /** `GOOD`, `BAD`: by `AT!IMAGE?`; by QMI only whole images are listed. */
  status: Schema.String,
  firmware: Schema.NullOr(Schema.String),
  carrier: Schema.NullOr(Schema.String),
  config: Schema.NullOr(Schema.String),
  buildId: Schema.String,
  uniqueId: Schema.String,
  running: Schema.Boolean,
  preferred: Schema.Boolean,
  failures: Schema.NullOr(Schema.Int),
  /** Higher was used later; null where the modem does not tell it. */
  lru: Schema.NullOr(Schema.Int)
})

/** What `images list --json` prints. */
export const ImagesReport = Schema.TaggedStruct("StoredImages", {
  modem: ModemReport,
  running: Schema.Struct({
    firmware: Schema.String,
    carrier: Schema.NullOr(Schema.String),
    config: Schema.NullOr(Schema.String)
  }),
  /** Null where none is set, or the family has none. */
  preferred: Schema.NullOr(Preference),
  firmwareSlots: Schema.Int,
  carrierPlaces: Schema.Int,
  images: Schema.Array(ImageReport),
  /** Complete pairs of firmware and carrier image: what `images select` takes. */
  selectable: Schema.Array(Preference),
  /** What runs is in no slot. */
  loss: Schema.NullOr(Schema.Struct({ means: Schema.String, cure: Schema.String })),
  /** Why LRU is not told. */
  lruNote: Schema.NullOr(Schema.String)
})
export type ImagesReport = typeof ImagesReport.Type

export const imagesReport = (
  modem: Modem,
  facts: ModemFacts,
  stored: StoredImages,
  at: { readonly images: AtImages } | { readonly why: string }
): ImagesReport => {
  const { preference } = facts
  const preferred = preference._tag === "Supported" ? preference.value.current : undefined
  const isPreferred = (image: StoredImage): boolean => {
    const names = carrierOf(image)
    if (preferred === undefined) return false
    return names === undefined ? firmwareOf(image) === preferred.firmware : samePreference(names, preferred)
  }
  const lruOf = ({ buildId, storageIndex, type }: StoredImage): number | null =>
    ("images" in at && type === "modem"
      ? at.images.images.find((row) => row.slot === storageIndex && row.buildId === buildId)?.lru
      : undefined) ?? null
  return {
    _tag: "StoredImages",
    modem: modemReport(modem),
    running: { firmware: facts.firmware, carrier: facts.carrier ?? null, config: facts.config ?? null },
    preferred: preferred ?? null,
    firmwareSlots: stored.maximumModemImages,
    carrierPlaces: stored.maximumPriImages,
    images: stored.images.map((image) => {
      const names = carrierOf(image)
      return {
        type: image.type,
        slot: image.storageIndex === 0xff ? null : image.storageIndex,
        status: image.status ?? "GOOD",
        firmware: firmwareOf(image) ?? names?.firmware ?? null,
        carrier: names?.carrier ?? null,
        config: names?.config ?? null,
        buildId: image.buildId,
        uniqueId: image.uniqueId,
        running: image.running || (image.type === "pri" && useOf(facts, image) === "running"),
        preferred: isPreferred(image),
        failures: image.failures ?? null,
        lru: lruOf(image)
      }
    }),
    selectable: storedPairs(stored),
    loss: lossOfFirmware(facts) ?? null,
    lruNote: "why" in at ? at.why : null
  }
}

const about = ({ failures, lru, preferred, running, status }: ImagesReport["images"][number]): string =>
  [
    status,
    ...(lru === null ? [] : [`LRU ${String(lru)}`]),
    ...(failures === null || failures === 0 ? [] : [`${String(failures)} failures`]),
    ...(running ? ["running"] : []),
    ...(preferred ? ["preferred"] : [])
  ].join(", ")

type Row = readonly [label: string, text: string]

/** The label stands in front of the first. */
const several = (label: string, texts: ReadonlyArray<string>): ReadonlyArray<Row> =>
  texts.map((text, index): Row => [index === 0 ? label : "", text])

export const imagesLines = (report: ImagesReport, style: Style): ReadonlyArray<string> => {
  const firmware = report.images.filter(({ type }) => type === "modem")
  const carriers = report.images.filter(({ type }) => type === "pri")
  const { carrier, config, firmware: version } = report.running
  return [
    style.bold(plain(report.modem.label)),
    ...rows(
      [
        [
          "running",
          carrier === null || config === null ? version : showPreference({ firmware: version, carrier, config })
        ],
        ["preferred", report.preferred === null ? "none" : showPreference(report.preferred)],
        ...several("firmware", [
          `${String(firmware.length)} of ${String(report.firmwareSlots)} slots in use`,
          ...firmware.map(
            (image) =>
              `slot ${image.slot === null ? "?" : String(image.slot)}: ${image.firmware ?? image.buildId}  ${about(image)}`
          )
        ]),
        ...several("carriers", [
          `${String(carriers.length)} of ${String(report.carrierPlaces)} places in use`,
          ...carriers.map((image) =>
            [image.firmware ?? image.buildId, image.carrier, `${image.uniqueId}  ${about(image)}`]
              .filter((it) => it !== null)
              .join(" ")
          )
        ]),
        ...several("selectable", report.selectable.length === 0 ? ["none"] : report.selectable.map(showPreference)),
        ["LRU", report.lruNote === null ? undefined : `not told: ${report.lruNote}`]
      ],
      style
    ),
    ...(report.loss === null
      ? []
      : [`  ${style.warn("warning:")} ${plain(report.loss.means)}`, `  ${plain(report.loss.cure)}`])
  ]
}
