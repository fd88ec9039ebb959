/** Whether ModemManager runs: it talks to the same ports, and a modem that two programs talk to answers neither. */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import { join } from "node:path"
import { namesIn, readText } from "./attributes.ts"
import { Roots } from "./Roots.ts"

/** Its process id, found without D-Bus; undefined where it does not run, or in containers that do not see it. */
export const modemManager: Effect.Effect<number | undefined> = Effect.gen(function* () {
  const { proc } = yield* Roots
  const entry = namesIn(proc).find(
    (name) => /^\d+$/.test(name) && readText(join(proc, name, "comm")) === "ModemManager"
  )
  return entry === undefined ? undefined : Number(entry)
})

/** A claim asks it for nothing then, and goes on whatever it does: `--ignore-modem-manager`. */
export const IgnoreModemManager = Context.Reference<boolean>("boothold/live/IgnoreModemManager", {
  defaultValue: () => false
})

/**
 * Where the system's message bus listens, as D-Bus writes addresses, e.g. `unix:path=/run/dbus/system_bus_socket`.
 * `undefined`: where it always is. The command line takes it from `DBUS_SYSTEM_BUS_ADDRESS`.
 */
export const SystemBusAddress = Context.Reference<string | undefined>("boothold/live/SystemBusAddress", {
  defaultValue: () => undefined
})
