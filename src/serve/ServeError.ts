/** What can go wrong while simulated modems are served to other programs: files, pseudo terminals, USB/IP. */
import * as Schema from "effect/Schema"
import type { Catalogue } from "../protocol/problem.ts"

/** The optional package that opens pseudo terminals is not installed, or has no binary for this system. */
export const PtyMissing = Schema.TaggedStruct("PtyMissing", { detail: Schema.String })
/** A file or folder of the server cannot be used; `what` says what for. */
export const PathUnusable = Schema.TaggedStruct("PathUnusable", {
  what: Schema.String,
  path: Schema.String,
  detail: Schema.String
})
/** Something that is no link of ours lies where a port's link has to be. */
export const PathTaken = Schema.TaggedStruct("PathTaken", { path: Schema.String })
/** A saved state that cannot be loaded; `detail` names the field. */
export const StateBad = Schema.TaggedStruct("StateBad", { path: Schema.String, detail: Schema.String })
/** Somebody else listens there. */
export const AddressInUse = Schema.TaggedStruct("AddressInUse", { address: Schema.String })
export const CannotListen = Schema.TaggedStruct("CannotListen", { address: Schema.String, detail: Schema.String })
/** Attaching to this machine's own USB needs root. */
export const NotRoot = Schema.TaggedStruct("NotRoot", {})
/** The kernel module `vhci_hcd` is not loaded. */
export const VhciMissing = Schema.TaggedStruct("VhciMissing", {})
/** All virtual USB ports are taken. */
export const NoVhciPort = Schema.TaggedStruct("NoVhciPort", {})
export const AttachFailed = Schema.TaggedStruct("AttachFailed", { detail: Schema.String })

const Reason = Schema.Union([
  PtyMissing,
  PathUnusable,
  PathTaken,
  StateBad,
  AddressInUse,
  CannotListen,
  NotRoot,
  VhciMissing,
  NoVhciPort,
  AttachFailed
])

export const serveCatalogue: Catalogue<(typeof Reason.Type)["_tag"]> = {
  PtyMissing: {
    code: "SERVE_PTY_MISSING",
    help: "Install it with `npm install @lydell/node-pty`, or serve the modem with `--usbip`."
  },
  PathUnusable: { code: "SERVE_PATH_UNUSABLE", help: "Give a path that you may write to." },
  PathTaken: { code: "SERVE_PATH_TAKEN", help: "Remove it, or give another folder to `--pty`." },
  StateBad: { code: "SERVE_STATE_BAD", help: "Mend the file, or remove it: then the modem begins as new." },
  AddressInUse: { code: "SERVE_ADDRESS_IN_USE", help: "End the program that listens there, or take another address." },
  CannotListen: { code: "SERVE_CANNOT_LISTEN", help: "Take an address of this machine that you may listen on." },
  NotRoot: { code: "SERVE_NOT_ROOT", help: "Run it as root, or leave `--attach` out and run `usbip attach` as root." },
  VhciMissing: { code: "SERVE_VHCI_MISSING", help: "Load the kernel's module with `modprobe vhci-hcd`." },
  NoVhciPort: { code: "SERVE_NO_VHCI_PORT", help: "Free one with `usbip detach`; `usbip port` lists them." },
  AttachFailed: { code: "SERVE_ATTACH_FAILED", help: "The kernel's log says why: `dmesg | tail`." }
}

export class ServeError extends Schema.TaggedError<ServeError>()("ServeError", { reason: Reason }) {
  get code(): string {
    return serveCatalogue[this.reason._tag].code
  }
  get help(): string {
    return serveCatalogue[this.reason._tag].help
  }
  override get message(): string {
    const reason = this.reason
    switch (reason._tag) {
      case "PtyMissing":
        return `pseudo terminals need the package @lydell/node-pty: ${reason.detail}`
      case "PathUnusable":
        return `${reason.path}: cannot be used for ${reason.what}: ${reason.detail}`
      case "PathTaken":
        return `${reason.path}: exists already, and is no link to a port`
      case "StateBad":
        return `${reason.path}: no state of these modems: ${reason.detail}`
      case "AddressInUse":
        return `${reason.address}: another program listens there`
      case "CannotListen":
        return `${reason.address}: cannot listen there: ${reason.detail}`
      case "NotRoot":
        return "only root can attach a modem to this machine's USB"
      case "VhciMissing":
        return "the kernel has no virtual USB host: module vhci_hcd is not loaded"
      case "NoVhciPort":
        return "no virtual USB port is free"
      case "AttachFailed":
        return `the modem could not be attached: ${reason.detail}`
    }
  }
}
