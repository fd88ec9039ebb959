/** What can go wrong while finding modems on the bus. */
import * as Schema from "effect/Schema"
import type { Catalogue } from "../protocol/problem.ts"

/** `present`: what is on the bus, and was not meant or is not taken without being asked for. */
export const NoModem = Schema.TaggedStruct("NoModem", {
  wanted: Schema.String,
  present: Schema.optionalKey(Schema.Array(Schema.String))
})
export const SeveralModems = Schema.TaggedStruct("SeveralModems", { found: Schema.Array(Schema.String) })
export const NeverAppeared = Schema.TaggedStruct("NeverAppeared", {
  wanted: Schema.String,
  seconds: Schema.Number,
  seen: Schema.Array(Schema.String)
})
export const NoPort = Schema.TaggedStruct("NoPort", { role: Schema.String, has: Schema.Array(Schema.String) })
export const UnknownFamily = Schema.TaggedStruct("UnknownFamily", { found: Schema.String })
/** The device is there; the kernel has no driver on the interface that is needed. */
export const DriverMissing = Schema.TaggedStruct("DriverMissing", {
  device: Schema.String,
  role: Schema.String,
  interfaceNumber: Schema.Int,
  driver: Schema.String,
  command: Schema.String
})
/** A device that was named by the user, and that is known to speak another protocol. */
export const Refused = Schema.TaggedStruct("Refused", { device: Schema.String, why: Schema.String })
/** A program that uses modems by itself was asked to leave this one alone, and refuses. */
export const ClaimRefused = Schema.TaggedStruct("ClaimRefused", { program: Schema.String, detail: Schema.String })
/** It runs and could not be asked, or does not answer. */
export const ClaimFailed = Schema.TaggedStruct("ClaimFailed", { program: Schema.String, detail: Schema.String })
/** Another program has had it leave the modem alone already, and is at work on it. */
export const ClaimTaken = Schema.TaggedStruct("ClaimTaken", { program: Schema.String, detail: Schema.String })
export const Unavailable = Schema.TaggedStruct("Unavailable", { detail: Schema.String })

const Reason = Schema.Union([
  NoModem,
  SeveralModems,
  NeverAppeared,
  NoPort,
  DriverMissing,
  Refused,
  UnknownFamily,
  ClaimRefused,
  ClaimFailed,
  ClaimTaken,
  Unavailable
])

export const busCatalogue: Catalogue<(typeof Reason.Type)["_tag"]> = {
  NoModem: {
    code: "DEVICE_NONE",
    help: "Look with `boothold list` what is plugged in; power-cycle a modem that has vanished, or simulate one with `--simulate em7455`."
  },
  SeveralModems: {
    code: "DEVICE_SEVERAL",
    help: "Say which one with `--usb-path` or `--serial`; `boothold info --usb-path PATH` shows the firmware of each."
  },
  NeverAppeared: {
    code: "DEVICE_NEVER_APPEARED",
    help: "Look with `boothold list` where the modem is now; replug it if it is nowhere."
  },
  NoPort: {
    code: "DEVICE_NO_PORT",
    help: "The driver of that port may be missing or still loading; look with `boothold list`."
  },
  DriverMissing: {
    code: "DEVICE_DRIVER_MISSING",
    help: "Load the driver, or tell it the modem's ids: the error names the command. `--transport usb` does without it."
  },
  Refused: {
    code: "DEVICE_REFUSED",
    help: "Another tool is needed for this device; nothing was sent to it."
  },
  UnknownFamily: {
    code: "DEVICE_UNKNOWN_FAMILY",
    help: "This modem is not one that boothold knows how to update; nothing was sent to it."
  },
  ClaimRefused: {
    code: "DEVICE_CLAIM_REFUSED",
    help: "Run the command with `sudo`; `--ignore-modem-manager` goes on all the same."
  },
  ClaimFailed: {
    code: "DEVICE_CLAIM_FAILED",
    help: "Stop ModemManager for as long as it takes with `sudo systemctl stop ModemManager`; `--ignore-modem-manager` goes on all the same."
  },
  ClaimTaken: {
    code: "DEVICE_CLAIM_TAKEN",
    help: "A second boothold or fwupd may be updating it: wait until that has ended, then try again."
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
    return this.reason._tag === "DriverMissing"
      ? `Run \`${this.reason.command}\`, then try again; or let boothold do without it: \`--transport usb\`.`
      : busCatalogue[this.reason._tag].help
  }
  override get message(): string {
    const reason = this.reason
    switch (reason._tag) {
      case "NoModem":
        return (
          `no modem found (${reason.wanted})` +
          (reason.present === undefined ? "" : `; on the bus: ${reason.present.join("; ")}`)
        )
      case "SeveralModems":
        return `several modems match: ${reason.found.join("; ")}`
      case "NeverAppeared":
        return (
          `${reason.wanted} did not appear within ${String(reason.seconds)} s; on the bus: ` +
          (reason.seen.length === 0 ? "nothing" : reason.seen.join("; "))
        )
      case "NoPort":
        return `the modem offers no ${reason.role} port (it has: ${reason.has.length === 0 ? "none" : reason.has.join(", ")})`
      case "DriverMissing":
        return (
          `${reason.device}: interface ${String(reason.interfaceNumber)}, its ${reason.role} port, has no driver ` +
          `(it is ${reason.driver}'s)`
        )
      case "Refused":
        return `${reason.device} is not one that boothold can update: ${reason.why}`
      case "UnknownFamily":
        return `unknown modem family: ${reason.found}`
      case "ClaimRefused":
        return `${reason.program} refuses to leave this modem alone: ${reason.detail}`
      case "ClaimFailed":
        return `${reason.program} is not known to leave this modem alone: ${reason.detail}`
      case "ClaimTaken":
        return `another program is at work on this modem, and has told ${reason.program} so: ${reason.detail}`
      case "Unavailable":
        return `${this.operation}: ${reason.detail}`
    }
  }
}
