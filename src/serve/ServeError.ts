/** What can go wrong while simulated modems are served to other programs: files, pseudo terminals, USB/IP. */
import * as Schema from "effect/Schema"
import type { Catalogue } from "../protocol/problem.ts"

/** The optional package that opens pseudo terminals is not installed, or has no binary for this system. */
export const PtyMissing = Schema.TaggedStruct("PtyMissing", { detail: Schema.String })
/** A file, folder or socket of the server cannot be used. */
export const PathUnusable = Schema.TaggedStruct("PathUnusable", { detail: Schema.String })
/** Something that is no link of ours lies where a port's link has to be. */
export const PathTaken = Schema.TaggedStruct("PathTaken", {})
/** A saved state that cannot be loaded; `detail` names the field. */
export const StateBad = Schema.TaggedStruct("StateBad", { detail: Schema.String })
/** Somebody else listens there. */
export const AddressInUse = Schema.TaggedStruct("AddressInUse", {})
export const ListenFailed = Schema.TaggedStruct("ListenFailed", { detail: Schema.String })
/** No descriptors are known for this composition of this model. */
export const NotDescribed = Schema.TaggedStruct("NotDescribed", { composition: Schema.Int })
/** Attaching to this machine's own USB needs root. */
export const NotRoot = Schema.TaggedStruct("NotRoot", {})
/** The kernel has no virtual USB host. */
export const NoVhci = Schema.TaggedStruct("NoVhci", {})
/** All virtual USB ports are taken. */
export const NoFreePort = Schema.TaggedStruct("NoFreePort", {})
/** The kernel still holds the virtual USB port for the device that was there before. */
export const PortNotFree = Schema.TaggedStruct("PortNotFree", { port: Schema.Int, millis: Schema.Int })
export const AttachFailed = Schema.TaggedStruct("AttachFailed", { detail: Schema.String })

const Reason = Schema.Union([
  PtyMissing,
  PathUnusable,
  PathTaken,
  StateBad,
  AddressInUse,
  ListenFailed,
  NotDescribed,
  NotRoot,
  NoVhci,
  NoFreePort,
  PortNotFree,
  AttachFailed
])

export const serveCatalogue: Catalogue<(typeof Reason.Type)["_tag"]> = {
  PtyMissing: {
    code: "SERVE_PTY_MISSING",
    help: "Install it with `npm install @lydell/node-pty`, or serve the modem with `--usbip`."
  },
  PathUnusable: { code: "SERVE_PATH_UNUSABLE", help: "Give a path that you may write to." },
  PathTaken: { code: "SERVE_PATH_TAKEN", help: "Remove it, or give another path." },
  StateBad: { code: "SERVE_STATE_BAD", help: "Mend the file, or remove it: then the modem begins as new." },
  AddressInUse: {
    code: "SERVE_ADDRESS_IN_USE",
    help: "End the program that listens there, or take another address with `--listen 127.0.0.1:0`."
  },
  ListenFailed: { code: "SERVE_CANNOT_LISTEN", help: "Take an address of this machine that you may listen on." },
  NotDescribed: {
    code: "SERVE_NOT_DESCRIBED",
    help: "Take a composition that the model has over USB, or serve the modem with `--pty`."
  },
  NotRoot: { code: "SERVE_NOT_ROOT", help: "Run it as root, or leave `--attach` out and run `usbip attach` as root." },
  NoVhci: { code: "SERVE_NO_VHCI", help: "Load the kernel's module with `modprobe vhci-hcd`." },
  NoFreePort: { code: "SERVE_NO_VHCI_PORT", help: "Free one with `usbip detach`; `usbip port` lists them." },
  PortNotFree: { code: "SERVE_VHCI_PORT_HELD", help: "Detach what is there with `usbip detach -p`, then try again." },
  AttachFailed: { code: "SERVE_ATTACH_FAILED", help: "The kernel's log says why: `dmesg | tail`." }
}

export class ServeError extends Schema.TaggedError<ServeError>()("ServeError", {
  /** What was being served or used: an address, a path, a modem. */
  what: Schema.String,
  reason: Reason
}) {
  get code(): string {
    return serveCatalogue[this.reason._tag].code
  }
  get help(): string {
    return serveCatalogue[this.reason._tag].help
  }
  override get message(): string {
    const { reason, what } = this
    switch (reason._tag) {
      case "PtyMissing":
        return `${what}: pseudo terminals need the package @lydell/node-pty: ${reason.detail}`
      case "PathUnusable":
        return `${what}: cannot be used: ${reason.detail}`
      case "PathTaken":
        return `${what}: something else is there`
      case "StateBad":
        return `${what}: no state of these modems: ${reason.detail}`
      case "AddressInUse":
        return `${what}: another program listens there`
      case "ListenFailed":
        return `${what}: cannot listen there: ${reason.detail}`
      case "NotDescribed":
        return `${what}: no USB descriptors are known for composition ${String(reason.composition)}`
      case "NotRoot":
        return `${what}: only root can attach a modem to this machine's USB`
      case "NoVhci":
        return `${what}: the kernel has no virtual USB host (module vhci_hcd)`
      case "NoFreePort":
        return `${what}: no virtual USB port is free`
      case "PortNotFree":
        return `${what}: virtual USB port ${String(reason.port)} was not free within ${String(reason.millis)} ms`
      case "AttachFailed":
        return `${what}: could not be attached: ${reason.detail}`
    }
  }
}

/** The first line of what went wrong: a native module's complaint goes on with where it was looked for. */
export const textOf = (cause: unknown): string =>
  (cause instanceof Error ? cause.message : String(cause)).split("\n")[0] ?? ""

/** For a path that the system refuses, with its own words. */
export const pathUnusable =
  (what: string) =>
  (cause: unknown): ServeError =>
    new ServeError({ what, reason: { _tag: "PathUnusable", detail: textOf(cause) } })
