/**
 * A bus for a program that may be killed: it counts everything that the program does to modems, and from one of these
 * moments on the program is dead as by SIGKILL. Its ports are closed as the kernel closes them, and whatever its code
 * still does in finalizers reaches nobody.
 */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import type { UsbBus } from "../../src/device/UsbBus.ts"
import type { Connection } from "../../src/transport/Connection.ts"
import type { TransportError } from "../../src/transport/TransportError.ts"

/** Something the program does to a modem, in order; a write counts before, in its middle, and after. */
export interface Moment {
  readonly number: number
  readonly what: string
}

export type Bus = UsbBus["Service"]

export interface Mortal {
  readonly bus: Bus
  /** Everything that was done, in order. */
  readonly moments: ReadonlyArray<Moment>
  /** Nothing of this program reaches a modem any more. */
  readonly die: Effect.Effect<void>
}

/** `at` is told of every moment as it comes; it may end the program by never returning. */
export const mortalBus = (bus: Bus, at: (moment: Moment, mortal: Mortal) => Effect.Effect<void>): Mortal => {
  const moments: Array<Moment> = []
  const open = new Set<Scope.Closeable>()
  let dead = false

  const moment = (what: string): Effect.Effect<void> =>
    Effect.suspend(() => {
      if (dead) return Effect.void
      const here = { number: moments.length, what }
      moments.push(here)
      return at(here, mortal)
    })

  const write =
    (connection: Connection) =>
    (bytes: Uint8Array): Effect.Effect<void, TransportError> => {
      const name = `${connection.endpoint} ${Buffer.from(bytes.subarray(0, 12)).toString("hex")}, ${String(bytes.length)} bytes`
      const half = bytes.length >> 1
      const send = (part: Uint8Array) => Effect.suspend(() => (dead ? Effect.void : connection.write(part)))
      // A message on a control port is one transfer; only bulk data can be cut off inside.
      const body =
        half < 1024
          ? send(bytes)
          : send(bytes.subarray(0, half)).pipe(
              Effect.andThen(moment(`in ${name}`)),
              Effect.andThen(send(bytes.subarray(half)))
            )
      return moment(`before ${name}`).pipe(Effect.andThen(body), Effect.andThen(moment(`after ${name}`)))
    }

  const mortal: Mortal = {
    moments,
    die: Effect.suspend(() => {
      dead = true
      return Effect.forEach([...open], (scope) => Scope.close(scope, Exit.void), { discard: true })
    }),
    bus: {
      ...bus,
      open: (device, port, options) =>
        Effect.gen(function* () {
          if (dead) return yield* Effect.never
          const scope = yield* Scope.fork(yield* Scope.Scope)
          open.add(scope)
          const connection = yield* bus.open(device, port, options).pipe(Scope.provide(scope))
          yield* moment(`opened ${connection.endpoint}`)
          return {
            ...connection,
            write: write(connection),
            read: Effect.suspend(() => (dead ? Effect.never : connection.read)),
            abandon: Effect.suspend(() => (dead ? Effect.void : (connection.abandon ?? Effect.void)))
          }
        })
    }
  }
  return mortal
}
