/**
 * A connection to the system's message bus, for calls that are bounded in time. The library below it does the wire
 * format; what it does not do is survive: nothing that comes over the bus may end the process in the middle of an update.
 */
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { createConnection } from "node:net"
import type { Socket } from "node:net"
import { SystemBusAddress } from "./ModemManager.ts"

/** The library, as far as it is used here; its own types leave most of it out. */
interface Message {
  readonly destination: string
  readonly path: string
  readonly interface: string
  readonly member: string
  readonly signature?: string
  readonly body?: ReadonlyArray<unknown>
  readonly flags?: number
}
interface ErrorReply {
  readonly name?: string
  readonly message?: string
}
interface Library {
  readonly createClient: (options: { readonly stream: Socket }) => {
    readonly connection: NodeJS.EventEmitter
    readonly invoke: (message: Message, done: (error: ErrorReply | null, ...values: Array<unknown>) => void) => void
  }
}

/** The system bus's place in the D-Bus specification, and what it is a link to on today's systems. */
const usualAddress = "unix:path=/var/run/dbus/system_bus_socket"

/** Paths of unix sockets that an address names; other transports are not for a system bus. */
const socketsOf = (address: string): ReadonlyArray<string> =>
  address.split(";").flatMap((one) => {
    const [, kind, value = ""] = /^unix:(?:.*,)?(path|abstract)=([^,]+)/.exec(one) ?? []
    if (kind === undefined) return []
    const path = value.replaceAll(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
    return [kind === "abstract" ? `\0${path}` : path]
  })

/** `Missing`: there is no bus. `Unusable`: there is one, and it lets us not in or does not answer. */
export type NoBus = { readonly _tag: "Missing" } | { readonly _tag: "Unusable"; readonly detail: string }

/** What became of a call. `Gone`: the connection was lost. */
export type CallFailure =
  | { readonly _tag: "Refused"; readonly name: string; readonly message: string }
  | { readonly _tag: "Silent"; readonly seconds: number }
  | { readonly _tag: "Gone" }

export interface Signal {
  readonly sender: string
  readonly path: string
  readonly interface: string
  readonly member: string
  readonly body: ReadonlyArray<unknown>
}

export interface SystemBus {
  /** Nobody is started for the sake of a call. */
  readonly call: (
    message: Omit<Message, "flags">,
    patience: Duration.Duration
  ) => Effect.Effect<ReadonlyArray<unknown>, CallFailure>
  /** Called with every signal that the bus sends us: those that were asked for by `AddMatch`. */
  readonly onSignal: (listener: (signal: Signal) => void) => void
  /** Waits until the connection is lost. */
  readonly gone: Effect.Effect<void>
}

export const busName = "org.freedesktop.DBus"
export const toBus = { destination: busName, path: "/org/freedesktop/DBus", interface: busName } as const

const noAutoStart = 2
const signalType = 4
const connecting = Duration.seconds(3)

const textOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

const connectTo = (path: string): Effect.Effect<Socket, NoBus, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.callback<Socket, NoBus>((resume) => {
      const socket = createConnection({ path })
      socket.once("connect", () => {
        socket.removeAllListeners("error")
        resume(Effect.succeed(socket))
      })
      socket.once("error", (error: NodeJS.ErrnoException) =>
        resume(
          Effect.fail(
            error.code === "ENOENT" || (error.code === "ECONNREFUSED" && path.startsWith("\0"))
              ? { _tag: "Missing" }
              : { _tag: "Unusable", detail: error.message }
          )
        )
      )
      return Effect.sync(() => void socket.destroy())
    }),
    // The bus takes back what was ours when it sees the end.
    (socket) => Effect.sync(() => void socket.destroySoon())
  )

/** A listener that throws out of a socket's event would end the process: here it ends the connection. */
const contain = (socket: Socket): void => {
  const emit = socket.emit.bind(socket) as (...event: ReadonlyArray<unknown>) => boolean
  socket.emit = (...event: ReadonlyArray<unknown>): boolean => {
    try {
      return emit(...event)
    } catch (error) {
      socket.destroy(error instanceof Error ? error : new Error(textOf(error)))
      return true
    }
  }
}

const load = (): Effect.Effect<Library, NoBus> =>
  Effect.tryPromise({
    try: () => import("@homebridge/dbus-native").then((module) => (module as unknown as { default: Library }).default),
    catch: (error): NoBus => ({ _tag: "Unusable", detail: textOf(error) })
  })

/** Connects and says hello; closed with the scope. */
export const connectToSystemBus = Effect.fn("DBus.connect")(function* (): Effect.fn.Return<
  SystemBus,
  NoBus,
  Scope.Scope
> {
  const address = (yield* SystemBusAddress) ?? usualAddress
  const [path] = socketsOf(address)
  if (path === undefined) return yield* Effect.fail({ _tag: "Unusable", detail: `its address is ${address}` } as const)
  const socket = yield* connectTo(path)
  contain(socket)
  const lost = yield* Deferred.make<void>()
  let open = true
  let detail: string | undefined
  const library = yield* load()
  const client = library.createClient({ stream: socket })
  client.connection.on("error", (error: unknown) => {
    // Refused credentials and a refused Hello come here too, with the connection still up.
    detail ??= textOf(error)
    socket.destroy()
  })
  socket.on("close", () => {
    open = false
    Deferred.doneUnsafe(lost, Effect.void)
  })
  // What is written after this would only be complained about on the terminal.
  socket.on("end", () => {
    open = false
    socket.destroy()
  })
  const listeners: Array<(signal: Signal) => void> = []
  client.connection.on("message", (message: Signal & { readonly type: number }) => {
    if (message.type !== signalType) return
    for (const listener of listeners) listener({ ...message, body: message.body ?? [] })
  })

  const invoke = (message: Omit<Message, "flags">): Effect.Effect<ReadonlyArray<unknown>, CallFailure> =>
    Effect.callback((resume) => {
      if (!open) return resume(Effect.fail({ _tag: "Gone" }))
      client.invoke({ ...message, flags: noAutoStart }, (error, ...values) =>
        resume(
          error === null
            ? Effect.succeed(values)
            : Effect.fail({ _tag: "Refused", name: error.name ?? "", message: error.message ?? "" })
        )
      )
    })
  const gone = Deferred.await(lost)
  const bus: SystemBus = {
    call: (message, patience) =>
      Effect.raceFirst(
        invoke(message),
        Effect.flatMap(gone, () => Effect.fail({ _tag: "Gone" } as const))
      ).pipe(
        Effect.timeoutOrElse({
          duration: patience,
          orElse: () => Effect.fail({ _tag: "Silent", seconds: Duration.toSeconds(patience) } as const)
        })
      ),
    onSignal: (listener) => void listeners.push(listener),
    gone
  }
  // The first call that is answered shows that we were let in.
  yield* bus.call({ ...toBus, member: "GetId" }, connecting).pipe(
    Effect.mapError((failure): NoBus => ({
      _tag: "Unusable",
      detail:
        failure._tag === "Silent"
          ? `it does not answer within ${String(failure.seconds)} s`
          : failure._tag === "Refused"
            ? `${failure.name}: ${failure.message}`
            : (detail ?? "it closed the connection")
    }))
  )
  return bus
})
