/** Getting at a modem's AT port: which of its ports is it, and the unlock that some commands need (at.md §1, §3.1). */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import type * as Scope from "effect/Scope"
import { rowsOf } from "../device/table/table.ts"
import { UsbBus } from "../device/UsbBus.ts"
import type { PortInfo, PortRole, UsbDevice } from "../device/UsbBus.ts"
import { enterCnd } from "../protocol/at/commands.ts"
import { AtError } from "../session/AtError.ts"
import { probeAtPorts } from "../session/AtProbe.ts"
import type { AtFound, AtPortAnswer } from "../session/AtProbe.ts"
import { atDeadline } from "../session/AtSession.ts"
import type { AtSession } from "../session/AtSession.ts"
import { AtPassword } from "./AtPassword.ts"
import { connect } from "./steps/connect.ts"

export interface AtPort {
  /** The port that answered as a modem, with what it said; undefined when none did. */
  readonly found: AtFound | undefined
  /** Every port of the modem: what it answered, or why it was not asked. */
  readonly answers: ReadonlyArray<AtPortAnswer>
}

const nameOf = ({ name, node, role }: PortInfo): string => `${node ?? name} (${role})`

/**
 * Ports that may be the AT port, the likeliest first. What is known to be something else is left alone; of a device whose
 * ids are in no table, nothing is known for certain, and the rest is asked at the end.
 */
const stages = (device: UsbDevice): ReadonlyArray<ReadonlyArray<PortRole>> => [
  ["at"],
  ["unknown"],
  ...(rowsOf(device).length === 0 ? [["diag", "nmea"] as const] : [])
]

const mayBe = (device: UsbDevice, { role }: PortInfo): boolean => stages(device).flat().includes(role)

/** What of it is not asked: serial ports that are known to be something else: DIAG and NMEA never answer (at.md §1). */
export const notAsked = (device: UsbDevice): ReadonlyArray<AtPortAnswer> =>
  device.ports
    .filter((port) => port.role !== "control" && !mayBe(device, port))
    .map((port) => ({ port: nameOf(port), answer: `not asked: it is the ${port.role} port` }))

/** AT is tried where nothing else is left: then as long as the reference does, three rounds of 3 s (flows.md §3.3). */
const lastWayPatience = Duration.seconds(10)

/**
 * The AT port of this enumeration: all ports that are known as such at once, then those whose use is not known. Never
 * fails on the modem's account; the session that was found lives as long as the scope.
 */
export const findAtPort = Effect.fn("findAtPort")(function* (
  device: UsbDevice,
  patience: Duration.Duration = lastWayPatience
): Effect.fn.Return<AtPort, never, UsbBus | Scope.Scope> {
  const bus = yield* UsbBus
  const answers: Array<AtPortAnswer> = []
  let found: AtFound | undefined
  for (const roles of stages(device)) {
    const ports = device.ports.filter(({ role }) => roles.includes(role))
    if (found !== undefined || ports.length === 0) {
      answers.push(...ports.map((port) => ({ port: nameOf(port), answer: "not asked: the AT port was found" })))
      continue
    }
    const probe = yield* probeAtPorts(
      ports.map((port) => ({
        name: nameOf(port),
        connect: Effect.provideService(connect(device, port), UsbBus, bus)
      })),
      patience
    )
    found = probe.found
    answers.push(...probe.answers)
  }
  return { found, answers: [...answers, ...notAsked(device)] }
})

/** Whether any port was asked at all. */
export const hasCandidate = (device: UsbDevice): boolean => device.ports.some((port) => mayBe(device, port))

/**
 * Sends the unlock, and says whether the modem took it. A refusal is no error: it comes also where none is needed
 * (at.md §6).
 */
export const unlock = Effect.fnUntraced(function* (session: AtSession, deadline: Duration.Duration = atDeadline) {
  const command = enterCnd(yield* AtPassword)
  if (Result.isFailure(command)) {
    return yield* new AtError({
      endpoint: session.endpoint,
      command: "AT!ENTERCND",
      reason: { _tag: "Unsendable", detail: command.failure.message }
    })
  }
  return yield* session.send(command.success, deadline).pipe(
    Effect.map(({ final }) => final._tag === "Ok"),
    Effect.catchIf(
      (error) => error._tag === "AtError" && error.reason._tag === "NoAnswer",
      () => Effect.succeed(false)
    )
  )
})
