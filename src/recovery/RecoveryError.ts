/** How a recovery ends that did not bring the modem home. */
import * as Schema from "effect/Schema"
import type { Catalogue } from "../protocol/problem.ts"
import { describeSituation, Situation } from "./Situation.ts"

/** Everything that there is was tried, or as much as is tried in one run. */
export const NotHome = Schema.TaggedStruct("NotHome", {
  tried: Schema.Array(Schema.String),
  /** What the last attempt ended with, where it failed. */
  last: Schema.optionalKey(Schema.String)
})
/** Nothing on the modem can be started or selected: it has to be sent images. */
export const ImagesNeeded = Schema.TaggedStruct("ImagesNeeded", { needs: Schema.String })
/** There is no remedy for this, or none that boothold may use. */
export const NoRemedy = Schema.TaggedStruct("NoRemedy", { needs: Schema.String })
/** It is in application mode and cannot be asked. */
export const NotAsked = Schema.TaggedStruct("NotAsked", { why: Schema.String })

const Reason = Schema.Union([NotHome, ImagesNeeded, NoRemedy, NotAsked])

export const recoveryCatalogue: Catalogue<(typeof Reason.Type)["_tag"]> = {
  NotHome: {
    code: "RECOVERY_NOT_HOME",
    help: "Try again after a power-cycle of the modem; give it the images that it shall run with `--images`, where it was sent none."
  },
  ImagesNeeded: {
    code: "RECOVERY_IMAGES_NEEDED",
    help: "Get a complete set of images for this very model, and give them with `--images`; a boot loader that hangs answers again after a power-cycle."
  },
  NoRemedy: { code: "RECOVERY_NO_REMEDY", help: "The message says what is needed; nothing was done to the modem." },
  NotAsked: {
    code: "RECOVERY_NOT_ASKED",
    help: "`boothold doctor` says what keeps it from being asked; where nothing does, switch it off and on."
  }
}

export class RecoveryError extends Schema.TaggedError<RecoveryError>()("RecoveryError", {
  /** The modem, for people. */
  modem: Schema.String,
  /** How it is now. */
  situation: Situation,
  reason: Reason,
  /** The command that goes on from here. */
  next: Schema.String
}) {
  get code(): string {
    return recoveryCatalogue[this.reason._tag].code
  }
  get help(): string {
    return recoveryCatalogue[this.reason._tag].help
  }
  /** As a sentence. */
  get state(): string {
    return describeSituation(this.situation)
  }
  override get message(): string {
    const { modem, reason } = this
    switch (reason._tag) {
      case "NotHome":
        return (
          `${modem} did not come home; tried: ${reason.tried.join("; ")}` +
          (reason.last === undefined ? "" : ` (${reason.last})`)
        )
      case "ImagesNeeded":
      case "NoRemedy":
        return `${modem}: ${reason.needs}`
      case "NotAsked":
        return `${modem} cannot be asked: ${reason.why}`
    }
  }
}
