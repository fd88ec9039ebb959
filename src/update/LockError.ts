/** Why a modem cannot be had for one run alone. */
import * as Schema from "effect/Schema"
import type { Catalogue } from "../protocol/problem.ts"

/** A program that lives has it. */
export const Held = Schema.TaggedStruct("Held", {
  pid: Schema.Int,
  program: Schema.String,
  /** Milliseconds since 1970. */
  since: Schema.Number
})
/** Whoever has it runs in another container: whether it lives cannot be seen from here. */
export const HeldElsewhere = Schema.TaggedStruct("HeldElsewhere", {
  pid: Schema.Int,
  program: Schema.String,
  since: Schema.Number
})
export const Unusable = Schema.TaggedStruct("Unusable", { detail: Schema.String })

const Reason = Schema.Union([Held, HeldElsewhere, Unusable])

export const lockCatalogue: Catalogue<(typeof Reason.Type)["_tag"]> = {
  Held: { code: "LOCK_HELD", help: "Wait until that program is done; two at once would brick the modem." },
  HeldElsewhere: {
    code: "LOCK_HELD_ELSEWHERE",
    help: "Wait until the program in the other container is done; where it has ended, remove the file that is named."
  },
  Unusable: {
    code: "LOCK_UNUSABLE",
    help: "The detail is what the system says; name a folder that can be written to with `--state-dir`."
  }
}

export class LockError extends Schema.TaggedError<LockError>()("LockError", {
  /** Where the modem is plugged in, e.g. `1-2`. */
  modem: Schema.String,
  /** The file of the lock. */
  path: Schema.String,
  reason: Reason
}) {
  get code(): string {
    return lockCatalogue[this.reason._tag].code
  }
  get help(): string {
    return lockCatalogue[this.reason._tag].help
  }
  override get message(): string {
    const { modem, path, reason } = this
    switch (reason._tag) {
      case "Held":
        return `${reason.program} (pid ${String(reason.pid)}) works on the modem at ${modem} since ${when(reason.since)}`
      case "HeldElsewhere":
        return `${reason.program} (pid ${String(reason.pid)} of another container) works on the modem at ${modem} since ${when(reason.since)}, says ${path}`
      case "Unusable":
        return `the modem at ${modem} cannot be reserved with ${path}: ${reason.detail}`
    }
  }
}

/** `2026-11-23 01:15:00 UTC`; the number itself where it is no time. */
const when = (millis: number): string =>
  Math.abs(millis) <= 8.64e15 ? `${new Date(millis).toISOString().slice(0, 19).replace("T", " ")} UTC` : String(millis)
