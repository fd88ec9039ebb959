/** Why an update is refused before anything is sent. */
import * as Schema from "effect/Schema"
import type { Catalogue } from "../protocol/problem.ts"

/** An image is made for another family than the modem's; flashing it may brick the modem (devices.md, rule 5). */
export const WrongFamily = Schema.TaggedStruct("WrongFamily", {
  file: Schema.String,
  says: Schema.String,
  found: Schema.String,
  wanted: Schema.String
})
/** An image names no family at all. */
export const FamilyUnknown = Schema.TaggedStruct("FamilyUnknown", { file: Schema.String, wanted: Schema.String })
export const Incomplete = Schema.TaggedStruct("Incomplete", { missing: Schema.Array(Schema.String) })
/** Firmware, config or carrier is told neither by the images nor by the user. */
export const ValueMissing = Schema.TaggedStruct("ValueMissing", { value: Schema.String, option: Schema.String })
export const ValueMalformed = Schema.TaggedStruct("ValueMalformed", {
  value: Schema.String,
  found: Schema.String,
  wanted: Schema.String
})
/** Options that mean nothing to a family without preferences (flows.md §4.5). */
export const OptionWithoutPreference = Schema.TaggedStruct("OptionWithoutPreference", {
  option: Schema.String,
  family: Schema.String
})
export const StorageIndexOutOfRange = Schema.TaggedStruct("StorageIndexOutOfRange", {
  wanted: Schema.Int,
  maximum: Schema.Int
})
/** The carrier is stored or named with other capitals; the modem would stay in low power (failures.md §1). */
export const CarrierCase = Schema.TaggedStruct("CarrierCase", { wanted: Schema.String, found: Schema.String })
export const NoFamily = Schema.TaggedStruct("NoFamily", { found: Schema.String })
/** The modem is in boot-and-hold and cannot be asked; `update` needs application mode. */
export const InBootAndHold = Schema.TaggedStruct("InBootAndHold", { modem: Schema.String })
export const NotInBootAndHold = Schema.TaggedStruct("NotInBootAndHold", { modem: Schema.String })
export const TooLarge = Schema.TaggedStruct("TooLarge", { file: Schema.String, bytes: Schema.Int, maximum: Schema.Int })
/** Selecting means telling a preference, and this family has none. */
export const NoPreference = Schema.TaggedStruct("NoPreference", { family: Schema.String })
/** The modem has no list of stored images. */
export const NoStoredImages = Schema.TaggedStruct("NoStoredImages", { found: Schema.String })
export const NotStored = Schema.TaggedStruct("NotStored", {
  what: Schema.String,
  wanted: Schema.String,
  found: Schema.Array(Schema.String)
})
export const SeveralStored = Schema.TaggedStruct("SeveralStored", {
  wanted: Schema.String,
  found: Schema.Array(Schema.String)
})
/** It runs, is preferred, or may be what runs: the modem needs it. */
export const ImageInUse = Schema.TaggedStruct("ImageInUse", {
  image: Schema.String,
  use: Schema.Literals(["running", "preferred", "perhaps running"])
})
/** The slot that was named holds what runs or is preferred. */
export const SlotInUse = Schema.TaggedStruct("SlotInUse", {
  slot: Schema.Int,
  image: Schema.String,
  use: Schema.Literals(["running", "preferred"])
})

const Reason = Schema.Union([
  WrongFamily,
  FamilyUnknown,
  Incomplete,
  ValueMissing,
  ValueMalformed,
  OptionWithoutPreference,
  StorageIndexOutOfRange,
  CarrierCase,
  NoFamily,
  InBootAndHold,
  NotInBootAndHold,
  TooLarge,
  NoPreference,
  NoStoredImages,
  NotStored,
  SeveralStored,
  ImageInUse,
  SlotInUse
])

export const planCatalogue: Catalogue<(typeof Reason.Type)["_tag"]> = {
  WrongFamily: { code: "PLAN_WRONG_FAMILY", help: "Get the images for this very model; these would brick it." },
  FamilyUnknown: {
    code: "PLAN_FAMILY_UNKNOWN",
    help: "Neither header nor file name says which family the image is for; use the maker's original file."
  },
  Incomplete: {
    code: "PLAN_INCOMPLETE",
    help: "Give the missing images too: a system image (.cwe) and a carrier image (.nvu), or one .spk."
  },
  ValueMissing: {
    code: "PLAN_VALUE_MISSING",
    help: "Use files with their original names, or give the value with the option."
  },
  ValueMalformed: { code: "PLAN_VALUE_MALFORMED", help: "Give it exactly as in the name of the maker's file." },
  OptionWithoutPreference: {
    code: "PLAN_OPTION_WITHOUT_PREFERENCE",
    help: "Leave the option out: this family runs what it is sent."
  },
  StorageIndexOutOfRange: {
    code: "PLAN_STORAGE_INDEX",
    help: "Choose a slot that the modem has, or leave the choice to it."
  },
  CarrierCase: { code: "PLAN_CARRIER_CASE", help: "Write the carrier with the very capitals of the carrier image." },
  NoFamily: { code: "PLAN_NO_FAMILY", help: "boothold does not know this modem's family and leaves it alone." },
  InBootAndHold: {
    code: "PLAN_IN_BOOT_AND_HOLD",
    help: "Use `boothold recover`, with `--images` for what it shall be sent, or `boothold download` with a complete set."
  },
  NotInBootAndHold: {
    code: "PLAN_NOT_IN_BOOT_AND_HOLD",
    help: "Use `boothold update`, or send it there first with `boothold reset`."
  },
  TooLarge: {
    code: "PLAN_TOO_LARGE",
    help: "The download protocol cannot carry an image of this size; check that it is the right file."
  },
  NoPreference: {
    code: "PLAN_NO_PREFERENCE",
    help: "There is nothing to select: this family runs what it was sent last; `boothold update` sends something else."
  },
  NoStoredImages: {
    code: "PLAN_NO_STORED_IMAGES",
    help: "This modem tells of no stored images, so none can be selected or deleted."
  },
  NotStored: {
    code: "PLAN_NOT_STORED",
    help: "`boothold images list` shows what is stored; `boothold update` sends what is not."
  },
  SeveralStored: { code: "PLAN_SEVERAL_STORED", help: "Add carrier and config, until one is meant." },
  ImageInUse: {
    code: "PLAN_IMAGE_IN_USE",
    help: "Only what neither runs nor is preferred is deleted; `boothold images select` makes the modem run another one."
  },
  SlotInUse: {
    code: "PLAN_SLOT_IN_USE",
    help: "Choose another slot, or leave the choice to the modem: what runs must stay, so that there is a way back."
  }
}

export class PlanError extends Schema.TaggedError<PlanError>()("PlanError", { reason: Reason }) {
  get code(): string {
    return planCatalogue[this.reason._tag].code
  }
  get help(): string {
    return planCatalogue[this.reason._tag].help
  }
  override get message(): string {
    const reason = this.reason
    switch (reason._tag) {
      case "WrongFamily":
        return `${reason.file} is for another family: its ${reason.says} says ${reason.found}, the modem is ${reason.wanted}`
      case "FamilyUnknown":
        return `${reason.file} does not say which family it is for (the modem is ${reason.wanted})`
      case "Incomplete":
        return `the image set is incomplete: ${reason.missing.join(" and ")} missing`
      case "ValueMissing":
        return `the ${reason.value} is unknown: no image tells it, and ${reason.option} was not given`
      case "ValueMalformed":
        return `the ${reason.value} ${JSON.stringify(reason.found)} is not of the form ${reason.wanted}`
      case "OptionWithoutPreference":
        return `${reason.option} means nothing to ${reason.family}: this family has no firmware preference`
      case "StorageIndexOutOfRange":
        return `slot ${String(reason.wanted)} does not exist: the modem has slots 1 to ${String(reason.maximum)}`
      case "CarrierCase":
        return `carrier ${reason.wanted} differs from ${reason.found} in capitals only, and the modem tells them apart`
      case "NoFamily":
        return `the family of this modem is not known: ${reason.found}`
      case "InBootAndHold":
        return `${reason.modem} is in boot-and-hold already`
      case "NotInBootAndHold":
        return `${reason.modem} is not in boot-and-hold`
      case "TooLarge":
        return `${reason.file} has ${String(reason.bytes)} bytes of content, at most ${String(reason.maximum)} can be sent`
      case "NoPreference":
        return `${reason.family} has no firmware preference`
      case "NoStoredImages":
        return `the modem has no list of stored images: ${reason.found}`
      case "NotStored":
        return `${reason.wanted} names no stored image: there is no such ${reason.what.replace(/^an? /, "")} (stored: ${reason.found.join("; ") || "none"})`
      case "SeveralStored":
        return `${reason.wanted} may be any of these: ${reason.found.join("; ")}`
      case "ImageInUse":
        return reason.use === "perhaps running"
          ? `${reason.image} may be what runs: the modem does not tell which carrier image does`
          : `${reason.image} is what the modem ${reason.use === "running" ? "runs" : "is told to run"}`
      case "SlotInUse":
        return `slot ${String(reason.slot)} holds ${reason.image}, which the modem ${reason.use === "running" ? "runs" : "is told to run"}`
    }
  }
}
