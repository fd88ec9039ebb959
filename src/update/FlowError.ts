/** What can go wrong in a step that is nobody's protocol error: the modem does not do, or is not, what was wanted. */
import * as Schema from "effect/Schema"
import type { Catalogue } from "../protocol/problem.ts"

/** One thing that is not as wanted after the update. */
export const Difference = Schema.Struct({ what: Schema.String, wanted: Schema.String, found: Schema.String })

/** A port that was asked by AT, and what it answered. */
const PortAnswer = Schema.Struct({ port: Schema.String, answer: Schema.String })

/** One way into boot-and-hold that was tried; by AT, what each port of the modem answered. */
export const Attempt = Schema.Struct({
  way: Schema.String,
  answer: Schema.String,
  ports: Schema.optionalKey(Schema.Array(PortAnswer))
})
export type Attempt = typeof Attempt.Type

const attemptText = ({ answer, ports, way }: Attempt): string =>
  `${way}: ${answer}` +
  (ports === undefined || ports.length === 0 ? "" : ` (${ports.map((one) => `${one.port}: ${one.answer}`).join(", ")})`)

export const NotValidated = Schema.TaggedStruct("NotValidated", { differences: Schema.Array(Difference) })
export const AnotherModem = Schema.TaggedStruct("AnotherModem", { wanted: Schema.String, found: Schema.String })
export const FeatureMissing = Schema.TaggedStruct("FeatureMissing", { feature: Schema.String, error: Schema.Int })
/** The modem cannot say who it is, so nothing can be checked against it. */
export const Unreadable = Schema.TaggedStruct("Unreadable", { what: Schema.String, found: Schema.String })
/** The modem asks for images that were not given. */
export const ImagesMissing = Schema.TaggedStruct("ImagesMissing", { wanted: Schema.Array(Schema.String) })
export const PreferenceNotTaken = Schema.TaggedStruct("PreferenceNotTaken", {
  wanted: Schema.String,
  found: Schema.String
})
export const BootAndHoldRefused = Schema.TaggedStruct("BootAndHoldRefused", { attempts: Schema.Array(Attempt) })
/** It came back in application mode where boot-and-hold was due. */
export const CameBackRunning = Schema.TaggedStruct("CameBackRunning", { device: Schema.String })
/** It came back in boot-and-hold where application mode was due, and stayed. */
export const StayedInBootAndHold = Schema.TaggedStruct("StayedInBootAndHold", { seconds: Schema.Number })
export const TookTooLong = Schema.TaggedStruct("TookTooLong", { step: Schema.String, seconds: Schema.Number })
/** There is no flow yet for what the boot loader speaks. `found`: how that is known. */
export const ProtocolMissing = Schema.TaggedStruct("ProtocolMissing", {
  protocol: Schema.Literals(["qdl", "sahara"]),
  found: Schema.String
})
/** Neither the control port nor any AT port can be used. `control`: what is wrong with the first, `help` what cures it. */
export const NoWayIn = Schema.TaggedStruct("NoWayIn", {
  control: Schema.String,
  help: Schema.String,
  ports: Schema.Array(PortAnswer)
})
/** It was told to delete an image, and still lists it. */
export const NotDeleted = Schema.TaggedStruct("NotDeleted", { image: Schema.String })
export const FlowMissing = Schema.TaggedStruct("FlowMissing", { family: Schema.String })

const Reason = Schema.Union([
  NotValidated,
  AnotherModem,
  FeatureMissing,
  Unreadable,
  ImagesMissing,
  PreferenceNotTaken,
  BootAndHoldRefused,
  CameBackRunning,
  StayedInBootAndHold,
  TookTooLong,
  ProtocolMissing,
  NoWayIn,
  NotDeleted,
  FlowMissing
])

export const flowCatalogue: Catalogue<(typeof Reason.Type)["_tag"]> = {
  NotValidated: {
    code: "UPDATE_NOT_VALIDATED",
    help: "The update ran to its end, but the modem does not report what was wanted; compare with `boothold info`."
  },
  AnotherModem: {
    code: "UPDATE_ANOTHER_MODEM",
    help: "Another modem answers at this place now; look with `boothold list` which one is which."
  },
  FeatureMissing: {
    code: "UPDATE_FEATURE_MISSING",
    help: "This modem's firmware lacks what the update needs; nothing was written."
  },
  Unreadable: {
    code: "UPDATE_UNREADABLE",
    help: "The modem cannot be identified, so no image can be checked against it; nothing was written."
  },
  ImagesMissing: {
    code: "UPDATE_IMAGES_MISSING",
    help: "Give the missing images too: a system image (.cwe) and a carrier image (.nvu), or one .spk."
  },
  PreferenceNotTaken: {
    code: "UPDATE_PREFERENCE_NOT_TAKEN",
    help: "The modem stores another preference than it was told; run the same command again."
  },
  BootAndHoldRefused: {
    code: "UPDATE_BOOT_AND_HOLD_REFUSED",
    help: "Each way into boot-and-hold and its answer is listed; free the modem's ports from other programs and try again."
  },
  CameBackRunning: {
    code: "UPDATE_CAME_BACK_RUNNING",
    help: "The modem did not wait for its images; run the same command again, with `--override-download` if it does so again."
  },
  StayedInBootAndHold: {
    code: "UPDATE_STAYED_IN_BOOT_AND_HOLD",
    help: "The boot loader finds no firmware that it can start, or is stuck: power-cycle the modem, then run `boothold recover`, with a complete set of images for this model where it says so."
  },
  TookTooLong: {
    code: "UPDATE_TOOK_TOO_LONG",
    help: "The modem kept a step waiting beyond its deadline; power-cycle it and look with `boothold list` in which mode it comes back."
  },
  ProtocolMissing: {
    code: "UPDATE_PROTOCOL_MISSING",
    help: "boothold cannot flash by this protocol yet, and nothing was sent: use the maker's tool; `--protocol qdl` overrides what was found out."
  },
  NoWayIn: {
    code: "UPDATE_NO_WAY_IN",
    help: "Neither QMI nor AT leads to this modem; the message says what is wrong with the control port, and what each serial port answered."
  },
  NotDeleted: {
    code: "UPDATE_NOT_DELETED",
    help: "The modem keeps the image; look with `boothold images list`, and try again after a restart of the modem."
  },
  FlowMissing: { code: "UPDATE_FLOW_MISSING", help: "There is no update flow for this family; nothing was sent." }
}

export class FlowError extends Schema.TaggedError<FlowError>()("FlowError", { reason: Reason }) {
  get code(): string {
    return flowCatalogue[this.reason._tag].code
  }
  get help(): string {
    if (this.reason._tag === "NoWayIn") return this.reason.help
    return flowCatalogue[this.reason._tag].help
  }
  override get message(): string {
    const reason = this.reason
    switch (reason._tag) {
      case "NotValidated":
        return `not validated: ${reason.differences.map(({ found, wanted, what }) => `${what} is ${found}, wanted ${wanted}`).join("; ")}`
      case "AnotherModem":
        return `another modem answers: ${reason.found}, wanted ${reason.wanted}`
      case "FeatureMissing":
        return `the modem has no ${reason.feature}` + (reason.error === 0 ? "" : ` (QMI error ${String(reason.error)})`)
      case "Unreadable":
        return `the modem's ${reason.what} cannot be read: ${reason.found}`
      case "ImagesMissing":
        return `the modem asks for images that were not given: ${reason.wanted.join(", ")}`
      case "PreferenceNotTaken":
        return `the modem stores the preference ${reason.found}, it was told ${reason.wanted}`
      case "BootAndHoldRefused":
        return `the modem does not go into boot-and-hold: ${reason.attempts.map(attemptText).join("; ")}`
      case "CameBackRunning":
        return `the modem came back in application mode (${reason.device}) instead of waiting in boot-and-hold`
      case "StayedInBootAndHold":
        return `the modem is still in boot-and-hold ${String(reason.seconds)} s after its reset`
      case "TookTooLong":
        return `${reason.step} was not done within ${String(reason.seconds)} s`
      case "ProtocolMissing":
        return `the boot loader speaks ${reason.protocol === "sahara" ? "Sahara and Firehose" : "QDL"} (${reason.found}), which boothold cannot do yet`
      case "NoWayIn":
        return `${reason.control}; by AT neither: ${reason.ports.map(({ answer, port }) => `${port}: ${answer}`).join(", ")}`
      case "NotDeleted":
        return `the modem accepted the deletion of ${reason.image}, but still lists it`
      case "FlowMissing":
        return `no update flow for the family ${reason.family}`
    }
  }
}
