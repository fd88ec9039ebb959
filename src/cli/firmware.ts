/** The firmware of each modem of a list, as far as it can be asked without disturbing anybody. */
import * as Effect from "effect/Effect"
import type { Found } from "../device/Modem.ts"
import type { DeviceFacts, Holder, HostFacts } from "../doctor/facts.ts"
import { Host } from "../doctor/Host.ts"
import { glance } from "../update/glance.ts"
import type { Glance } from "../update/glance.ts"

const isControl = (node: string): boolean => /cdc-wdm/.test(node)

/** Whose control port is open by one of them shares it: the bus goes by the same proxy (live/LiveBus.ts). */
const isProxy = ({ program }: Holder): boolean => program === "qmi-proxy" || program === "mbim-proxy"

/** Why a modem is left alone, as a sentence; with the program, where one holds it. */
interface Obstacle {
  readonly why: string
  readonly holder?: string
}

/**
 * Why a modem is left alone; undefined: it may be asked. By a proxy only the control port is shared, so a question
 * that stays on it is not in the way of who uses a serial port, e.g. ModemManager.
 */
const obstacle = (
  { standing }: Found,
  host: HostFacts,
  device: DeviceFacts,
  asks: "control port" | "any port"
): Obstacle | undefined => {
  if (standing._tag === "refused") return { why: "it speaks another protocol" }
  if (standing._tag === "possible") return { why: "its ids are not known" }
  const controls = device.nodes.filter(({ node }) => isControl(node))
  const shared = asks === "control port" && controls.some(({ holders }) => holders.some(isProxy)) ? controls : undefined
  for (const { holders, node, state } of shared ?? device.nodes) {
    const holder = holders.find((one) => shared === undefined || !isProxy(one))
    if (holder !== undefined) {
      const who = `${holder.program} (pid ${String(holder.pid)})`
      return { why: `${who} uses ${node}`, holder: who }
    }
    if (state !== "open" && isControl(node)) return { why: `this user may not open ${node}` }
  }
  // What programs of other users have open cannot be seen then; this one has all modems.
  if (host.root || host.modemManager === undefined) return undefined
  const who = `ModemManager (pid ${String(host.modemManager)})`
  return { why: `${who} uses its ports`, holder: who }
}

/** The same for all ports of one modem; on a bus of simulated modems nobody else is. */
export const takenBy = Effect.fn("cli.takenBy")(function* (found: Found) {
  const host = yield* Host
  return host === undefined
    ? undefined
    : obstacle(found, yield* host.facts, yield* host.device(found.modem.device), "any port")?.why
})

/** The same for its control port alone, which a proxy may share. */
export const controlObstacle = Effect.fn("cli.controlObstacle")(function* (found: Found) {
  const host = yield* Host
  return host === undefined
    ? undefined
    : obstacle(found, yield* host.facts, yield* host.device(found.modem.device), "control port")
})

export const controlTakenBy = (found: Found) => Effect.map(controlObstacle(found), (obstacle) => obstacle?.why)

const none: Glance = { _tag: "NotAsked", why: "it speaks another protocol, or its ids are not known" }

/** All of them at once, in the order of the list. */
export const firmwareOf = Effect.fn("cli.firmwareOf")(function* (found: ReadonlyArray<Found>) {
  const host = yield* Host
  const facts = host === undefined ? undefined : yield* host.facts
  return yield* Effect.forEach(
    found,
    (one) =>
      Effect.gen(function* () {
        if (one.modem.mode === "boot-and-hold" || host === undefined || facts === undefined) {
          return one.standing._tag === "modem" ? yield* glance(one.modem) : none
        }
        const why = obstacle(one, facts, yield* host.device(one.modem.device), "control port")?.why
        return why === undefined ? yield* glance(one.modem) : ({ _tag: "NotAsked", why } satisfies Glance)
      }),
    { concurrency: "unbounded" }
  )
})

/** `02.24.05.06, GENERIC 002.026_000`; or why it is not known. */
export const glanceText = (seen: Glance): string => {
  if (seen._tag !== "Told") return `${seen._tag === "NotAsked" ? "not asked" : "not told"}: ${seen.why}`
  const { carrier, config, firmware } = seen
  const more = [carrier, config].filter((text) => text !== undefined).join(" ")
  return more === "" ? firmware : `${firmware}, ${more}`
}
