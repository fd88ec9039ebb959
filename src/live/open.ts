/** Opening a port by its node: a control device or a tty, with what a denied one would need. */
import * as Effect from "effect/Effect"
import { basename } from "node:path"
import { TransportError } from "../transport/TransportError.ts"
import { explainDenied } from "./access.ts"
import { openControl } from "./ControlDevice.ts"
import { openTty } from "./Tty.ts"

const explained = (error: TransportError): TransportError => {
  const denied = error.reason._tag === "PermissionDenied" ? explainDenied(error.endpoint) : undefined
  return denied === undefined
    ? error
    : new TransportError({
        endpoint: error.endpoint,
        operation: error.operation,
        reason: { _tag: "PermissionDenied", ...denied }
      })
}

export const openPort = (node: string) =>
  Effect.mapError(basename(node).startsWith("cdc-wdm") ? openControl(node) : openTty(node), explained)
