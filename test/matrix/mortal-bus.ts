/** The bus of a program that may be killed. Whatever its code still does in finalizers reaches no modem. */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import type { UsbBus } from "../../src/device/UsbBus.ts"
import type { Connection } from "../../src/transport/Connection.ts"
import type { TransportError } from "../../src/transport/TransportError.ts"
import type { Mortality } from "./mortality.ts"

type Bus = UsbBus["Service"]

export const mortalBus = (bus: Bus, { atDeath, isDead, moment }: Mortality): Bus => {
  const write =
    (connection: Connection) =>
    (bytes: Uint8Array): Effect.Effect<void, TransportError> => {
      const name = `${connection.endpoint} ${Buffer.from(bytes.subarray(0, 12)).toString("hex")}, ${String(bytes.length)} bytes`
      const half = bytes.length >> 1
      const send = (part: Uint8Array) => Effect.suspend(() => (isDead() ? Effect.void : connection.write(part)))
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

  return {
    ...bus,
    open: (device, port, options) =>
      Effect.gen(function* () {
        if (isDead()) return yield* Effect.never
        const scope = yield* Scope.fork(yield* Scope.Scope)
        atDeath(Scope.close(scope, Exit.void))
        const connection = yield* bus.open(device, port, options).pipe(Scope.provide(scope))
        yield* moment(`opened ${connection.endpoint}`)
        return {
          ...connection,
          write: write(connection),
          read: Effect.suspend(() => (isDead() ? Effect.never : connection.read)),
          abandon: Effect.suspend(() => (isDead() ? Effect.void : (connection.abandon ?? Effect.void)))
        }
      })
  }
}
