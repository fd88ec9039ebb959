/** What can go wrong while finding modems on the bus. */
import * as Schema from "effect/Schema"
import type { Catalogue } from "../protocol/problem.ts"

export const NoModem = Schema.TaggedStruct("NoModem", { wanted: Schema.String })
export const SeveralModems = Schema.TaggedStruct("SeveralModems", { found: Schema.Array(Schema.String) })
export const NeverAppeared = Schema.TaggedStruct("NeverAppeared", {
  wanted: Schema.String,
  seconds: Schema.Number,
  seen: Schema.Array(Schema.String)
})
export const NoPort = Schema.TaggedStruct("NoPort", { role: Schema.String, has: Schema.Array(Schema.String) })
export const UnknownFamily = Schema.TaggedStruct("UnknownFamily", { found: Schema.String })
export const Unavailable = Schema.TaggedStruct("Unavailable", { detail: Schema.String })

const Reason = Schema.Union([NoModem, SeveralModems, NeverAppeared, NoPort, UnknownFamily, Unavailable])

export const busCatalogue: Catalogue<(typeof Reason.Type)["_tag"]> = {
  NoModem: {
    code: "DEVICE_NONE",
    help: "Look with `boothold list` what is plugged in, or simulate one with `--simulate em7455`."
  },
  SeveralModems: { code: "DEVICE_SEVERAL", help: "Say which one with `--usb-path` or `--serial`." },
  NeverAppeared: {
    code: "DEVICE_NEVER_APPEARED",
    help: "Look with `boothold list` where the modem is now; replug it if it is nowhere."
  },
  NoPort: {
    code: "DEVICE_NO_PORT",
    help: "The driver of that port may be missing or still loading; look with `boothold list`."
  },
  UnknownFamily: {
    code: "DEVICE_UNKNOWN_FAMILY",
    help: "This modem is not one that boothold knows how to update; nothing was sent to it."
  },
  Unavailable: {
    code: "DEVICE_BUS_UNAVAILABLE",
    help: "The bus cannot be read here; simulate a modem with `--simulate em7455`."
  }
}

export class BusError extends Schema.TaggedError<BusError>()("BusError", {
  operation: Schema.String,
  reason: Reason
}) {
  get code(): string {
    return busCatalogue[this.reason._tag].code
  }
  get help(): string {
    return busCatalogue[this.reason._tag].help
  }
  override get message(): string {
    const reason = this.reason
    switch (reason._tag) {
      case "NoModem":
        return `no modem found (${reason.wanted})`
      case "SeveralModems":
        return `several modems match: ${reason.found.join("; ")}`
      case "NeverAppeared":
        return (
          `${reason.wanted} did not appear within ${String(reason.seconds)} s; on the bus: ` +
          (reason.seen.length === 0 ? "nothing" : reason.seen.join("; "))
        )
      case "NoPort":
        return `the modem offers no ${reason.role} port (it has: ${reason.has.length === 0 ? "none" : reason.has.join(", ")})`
      case "UnknownFamily":
        return `unknown modem family: ${reason.found}`
      case "Unavailable":
        return `${this.operation}: ${reason.detail}`
    }
  }
}
