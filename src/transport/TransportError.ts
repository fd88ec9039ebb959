/** What can go wrong with a byte pipe to a port of a modem, whatever carries it. */
import * as Schema from "effect/Schema"
import type { Catalogue } from "../protocol/problem.ts"

/** The device left the bus, or the other end hung up. */
export const Unplugged = Schema.TaggedStruct("Unplugged", {})
/** Somebody else holds the port exclusively. */
export const Busy = Schema.TaggedStruct("Busy", { detail: Schema.optionalKey(Schema.String) })
/** `detail`: who may; `cure`: the commands that would help here, in place of the catalogue's general advice. */
export const PermissionDenied = Schema.TaggedStruct("PermissionDenied", {
  detail: Schema.optionalKey(Schema.String),
  cure: Schema.optionalKey(Schema.String)
})
/** The node or port is not there (yet). */
export const NotThere = Schema.TaggedStruct("NotThere", {})
/** The peer took no bytes for `millis` milliseconds. */
export const Stalled = Schema.TaggedStruct("Stalled", { millis: Schema.Int })
/** No proxy runs that could share the port, and none can be started. `package`: that has it on Debian. */
export const ProxyMissing = Schema.TaggedStruct("ProxyMissing", {
  proxy: Schema.String,
  package: Schema.String,
  detail: Schema.String
})
/** The proxy runs and does not open the port for us. */
export const ProxyRefused = Schema.TaggedStruct("ProxyRefused", { proxy: Schema.String, detail: Schema.String })
export const IoFailed = Schema.TaggedStruct("IoFailed", { detail: Schema.String })

const Reason = Schema.Union([
  Unplugged,
  Busy,
  PermissionDenied,
  NotThere,
  Stalled,
  ProxyMissing,
  ProxyRefused,
  IoFailed
])

export const transportCatalogue: Catalogue<(typeof Reason.Type)["_tag"]> = {
  Unplugged: {
    code: "TRANSPORT_UNPLUGGED",
    help: "Check cable, slot and power of the modem, then look with `boothold list`."
  },
  Busy: { code: "TRANSPORT_BUSY", help: "Stop the program that holds the port (often ModemManager), then try again." },
  PermissionDenied: { code: "TRANSPORT_PERMISSION", help: "Run as root, or give your user access to the port." },
  NotThere: { code: "TRANSPORT_NOT_THERE", help: "Look with `boothold list` which ports the modem has now." },
  Stalled: {
    code: "TRANSPORT_STALLED",
    help: "The modem stopped taking data: power-cycle it, then look with `boothold list`."
  },
  ProxyMissing: {
    code: "TRANSPORT_PROXY_MISSING",
    help: "Install the package of the proxy (Debian: libqmi-proxy, libmbim-proxy), or leave out `--device-open-proxy`."
  },
  ProxyRefused: {
    code: "TRANSPORT_PROXY_REFUSED",
    help: "Look with `boothold list` whether the port is there and free; without `--device-open-proxy` it is opened directly."
  },
  IoFailed: { code: "TRANSPORT_IO", help: "The system refused the transfer; the detail names its own error." }
}

export class TransportError extends Schema.TaggedError<TransportError>()("TransportError", {
  endpoint: Schema.String,
  operation: Schema.Literals(["open", "read", "write"]),
  reason: Reason
}) {
  get code(): string {
    return transportCatalogue[this.reason._tag].code
  }
  get help(): string {
    const reason = this.reason
    if (reason._tag === "PermissionDenied" && reason.cure !== undefined) return reason.cure
    if (reason._tag === "Busy" && reason.detail !== undefined) {
      return reason.detail.startsWith("ModemManager ")
        ? "Stop it with `sudo systemctl stop ModemManager`, then try again."
        : `Stop ${reason.detail}, then try again.`
    }
    if (reason._tag === "ProxyMissing") {
      return `Install ${reason.proxy} (Debian: package ${reason.package}), or leave out \`--device-open-proxy\`.`
    }
    return transportCatalogue[reason._tag].help
  }
  override get message(): string {
    const reason = this.reason
    const what = `${this.endpoint}: cannot ${this.operation}`
    switch (reason._tag) {
      case "Unplugged":
        return `${what}: the modem is gone`
      case "Busy":
        return `${what}: the port is in use${reason.detail === undefined ? "" : ` by ${reason.detail}`}`
      case "PermissionDenied":
        return `${what}: permission denied${reason.detail === undefined ? "" : ` (${reason.detail})`}`
      case "NotThere":
        return `${what}: no such port`
      case "Stalled":
        return `${what}: nothing was taken for ${String(reason.millis)} ms`
      case "ProxyMissing":
        return `${what}: there is no ${reason.proxy}: ${reason.detail}`
      case "ProxyRefused":
        return `${what}: ${reason.proxy} does not open it: ${reason.detail}`
      case "IoFailed":
        return `${what}: ${reason.detail}`
    }
  }
}
