/**
 * Which protocol is spoken on a download port: as the user says, else by family and boot ids, else by listening. A boot
 * loader that speaks Sahara begins by itself; one that speaks QDL waits, and says nothing (sahara-firehose.md §1).
 */
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import { expectedProtocol } from "../device/download-protocol.ts"
import type { DownloadProtocol } from "../device/download-protocol.ts"
import type { Family } from "../device/families/Family.ts"
import type { UsbDevice } from "../device/UsbBus.ts"
import { recogniseFirstBytes, saharaHelloLength } from "../protocol/first-bytes.ts"
import type { Connection } from "../transport/Connection.ts"
import type { TransportError } from "../transport/TransportError.ts"
import { FlowError } from "./FlowError.ts"

/** What `--protocol` chooses; provide it around planning and running. */
export const ProtocolChoice = Context.Reference<"auto" | DownloadProtocol>("boothold/update/ProtocolChoice", {
  defaultValue: () => "auto"
})

/** The protocols that there are flows for. Whoever adds a family with another one adds it here too. */
export const DownloadProtocols = Context.Reference<ReadonlySet<DownloadProtocol>>("boothold/update/DownloadProtocols", {
  defaultValue: () => new Set(["qdl"] as const)
})

/** How a protocol was found out; completes "it speaks Sahara …". */
type Found = "by its family" | "by its USB ids" | "as it says itself" | "as you say"

/** Fails where there is no flow for the protocol. Nothing was sent until then. */
export const needProtocol = Effect.fnUntraced(function* (protocol: DownloadProtocol, found: Found) {
  if ((yield* DownloadProtocols).has(protocol)) return
  return yield* new FlowError({ reason: { _tag: "ProtocolMissing", protocol, found } })
})

/** What `--protocol` says is checked before anything is asked. */
export const needChosenProtocol = Effect.flatMap(ProtocolChoice, (choice) =>
  choice === "auto" ? Effect.void : needProtocol(choice, "as you say")
)

/** How long a port is listened to: Sahara's Hello comes at once, the reference gives it 2 s (sahara-firehose.md §9). */
export const listening = Duration.seconds(2)

/** Only reads: sending first makes a Sahara boot loader refuse the switch to Firehose later (sahara-firehose.md §1). */
const listen = Effect.fnUntraced(function* (connection: Connection) {
  const told = Effect.gen(function* () {
    let heard = new Uint8Array()
    for (;;) {
      const bytes = yield* connection.read
      const all = new Uint8Array(heard.length + bytes.length)
      all.set(heard)
      all.set(bytes, heard.length)
      heard = all
      const first = recogniseFirstBytes(heard)
      // As long as a Hello, and none: the port babbles of something else.
      if (first !== undefined || heard.length >= saharaHelloLength) return first
    }
  })
  return Option.getOrUndefined(yield* Effect.timeoutOption(told, listening))
})

/**
 * Makes sure that the boot loader on this port can be spoken to in a protocol that there is a flow for. The port is
 * opened where nothing else tells it, and closed again.
 */
export const checkProtocol = Effect.fn("checkProtocol")(function* (
  family: Family,
  device: UsbDevice,
  open: Effect.Effect<Connection, TransportError, Scope.Scope>
) {
  const choice = yield* ProtocolChoice
  if (choice !== "auto") return yield* needProtocol(choice, "as you say")
  const expected = expectedProtocol(family, device)
  if (expected !== undefined) return yield* needProtocol(expected, "by its family")
  const heard = yield* Effect.scoped(Effect.flatMap(open, listen))
  yield* needProtocol(heard === "sahara" ? "sahara" : "qdl", "as it says itself")
})
