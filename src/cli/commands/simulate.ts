/** `boothold simulate MODEL…`: modems that are only software, for other programs to work on. */
import * as Console from "effect/Console"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { obey, Reply, statusOf } from "../../serve/control.ts"
import type { Controlled } from "../../serve/control.ts"
import { listenForLines, obeyLines } from "../../serve/lines.ts"
import type { ServeError } from "../../serve/ServeError.ts"
import { startSimulation } from "../../serve/Simulation.ts"
import type { NamedModem } from "../../serve/Simulation.ts"
import type { UsbIpProblem } from "../../serve/UsbIp.ts"
import type { JournalEntry } from "../../sim/index.ts"
import { refuse } from "../CommandError.ts"
import { exitCodes } from "../exit-codes.ts"
import { faultReports } from "../faults.ts"
import { Interruption } from "../Interruption.ts"
import { entryText, faultLines, readyLine } from "../render/simulate.ts"
import { styleFor } from "../render/text.ts"
import { Screen } from "../Screen.ts"
import { namedSetups } from "../simulated-setups.ts"
import type { SetupsInput } from "../simulated-setups.ts"

export interface SimulateInput extends SetupsInput {
  readonly json: boolean
  readonly listFaults: boolean
  readonly pty: string | undefined
  readonly usbip: boolean
  readonly listen: string | undefined
  readonly attach: boolean
  readonly state: string | undefined
  readonly journal: string | undefined
  readonly transcript: string | undefined
  readonly control: string | undefined
  /** Seconds after which it ends by itself. */
  readonly ends: number | undefined
}

const encodeReply = Schema.encodeSync(Schema.toCodecJson(Reply))

/** `HOST:PORT`, `:PORT`, `[::1]:PORT`. USB/IP knows no authentication: nothing but loopback unless told. */
const addressOf = (listen: string | undefined) => {
  if (listen === undefined) return Effect.succeed({ host: "127.0.0.1", port: 3240 })
  const [, bracketed, host, digits] = /^(?:\[([^\]]+)\]|([^:]*)):(\d{1,5})$/.exec(listen) ?? []
  const port = Number(digits)
  return digits === undefined || port > 65_535
    ? Effect.fail(refuse({ _tag: "BadOption", option: "--listen", found: listen, wanted: "HOST:PORT" }))
    : Effect.succeed({ host: bracketed ?? (host === undefined || host === "" ? "127.0.0.1" : host), port })
}

interface Served {
  /** Where other programs find this modem. */
  readonly places: (id: string) => Effect.Effect<Readonly<Record<string, string>>>
  readonly broken: Effect.Effect<never, ServeError>
}

const onPtys = Effect.fnUntraced(function* (folder: string, modems: ReadonlyArray<NamedModem>) {
  const { preparePty } = yield* Effect.promise(() => import("../../serve/Pty.ts"))
  const { servePtys } = yield* Effect.promise(() => import("../../serve/ports.ts"))
  yield* preparePty(folder)
  const services = yield* Effect.forEach(modems, ({ id, modem }) =>
    Effect.map(servePtys(modem, modems.length === 1 ? folder : join(folder, id)), (service) => ({ id, service }))
  )
  const served: Served = {
    places: (id) =>
      Effect.map(services.find((one) => one.id === id)?.service.ports ?? Effect.succeed([]), (ports) =>
        Object.fromEntries(ports.map(({ link, role }) => [role, link]))
      ),
    broken: Effect.raceAllFirst(services.map(({ service }) => service.broken))
  }
  return served
})

const onUsbIp = Effect.fnUntraced(function* (input: SimulateInput, modems: ReadonlyArray<NamedModem>) {
  const { host, port } = yield* addressOf(input.listen)
  const { serveUsbIp } = yield* Effect.promise(() => import("../../serve/UsbIp.ts"))
  // The output is for events that programs may read.
  const options = { host, port, attach: input.attach, report: ({ message }: UsbIpProblem) => Console.error(message) }
  const service = yield* serveUsbIp(
    modems.map(({ modem }) => modem),
    options
  )
  const { address } = service
  const shown = address.host.includes(":") ? `[${address.host}]` : address.host
  const served: Served = {
    places: (id) =>
      Effect.map(service.served, (all) => {
        const one = all[modems.findIndex((modem) => modem.id === id)]
        return {
          usbip: `${shown}:${String(address.port)}`,
          ...(one === undefined ? {} : { busId: one.busId }),
          ...(one?.usbPath === undefined ? {} : { usbPath: one.usbPath })
        }
      }),
    broken: Effect.never
  }
  return served
})

/**
 * Whether commands may come from the input: a job in the background of a terminal would be stopped by the first read.
 */
const mayRead = (): boolean => {
  if (!process.stdin.isTTY) return true
  try {
    const fields = readFileSync("/proc/self/stat", "latin1").split(") ")[1]?.split(" ") ?? []
    return fields[2] === fields[5]
  } catch {
    // No such file on this system: it is read as everywhere else.
    return true
  }
}

const ignore = (): void => undefined

/** A reader of the output that goes away, and a terminal that does, end no modem. */
const outliveReader = Effect.acquireRelease(
  Effect.sync(() => void process.stdout.on("error", ignore)),
  () => Effect.sync(() => void process.stdout.off("error", ignore))
)

const serve = Effect.fnUntraced(function* (input: SimulateInput) {
  const { json } = input
  const setups = yield* namedSetups(input)
  const style = styleFor((yield* Screen).colors)
  const ended = yield* Deferred.make<void>()
  yield* outliveReader

  let ready = false
  const show = (id: string, entry: JournalEntry) =>
    Effect.suspend(() => {
      if (!ready) return Effect.void
      if (json) return Console.log(JSON.stringify({ ...entry, modem: id }))
      const text = entryText(entry)
      return text === undefined ? Effect.void : Console.log(`${style.bold(id)}: ${text}`)
    })
  const { broken, modems, powerOn } = yield* startSimulation(setups, {
    stateFile: input.state,
    journalFile: input.journal,
    transcriptFile: input.transcript,
    onEntry: show
  })
  const served = input.usbip
    ? yield* onUsbIp(input, modems)
    : input.pty === undefined
      ? undefined
      : yield* onPtys(input.pty, modems)

  const controlled: Controlled = { modems, served: served?.places ?? (() => Effect.succeed({})) }
  const answer = (line: string, say: (text: string) => Effect.Effect<void>) =>
    Effect.gen(function* () {
      const reply = yield* obey(line, controlled)
      if (reply === undefined) return
      yield* say(JSON.stringify(encodeReply(reply)))
      if (reply._tag === "Done" && reply.command === "quit") yield* Deferred.succeed(ended, undefined)
    })
  if (input.control !== undefined) yield* listenForLines(input.control, answer)

  const statuses = yield* Effect.forEach(modems, (named) => statusOf(named, controlled.served))
  yield* Console.log(readyLine(statuses, json))
  ready = true
  yield* powerOn
  if (mayRead()) yield* Effect.forkScoped(obeyLines(process.stdin, (line) => answer(line, Console.log)))
  if (input.ends !== undefined) {
    yield* Effect.forkScoped(Effect.delay(Deferred.succeed(ended, undefined), input.ends * 1000))
  }
  yield* Effect.raceAllFirst([Deferred.await(ended), broken, served?.broken ?? Effect.never])
  return exitCodes.ok.exit
}, Effect.scoped)

export const simulate = Effect.fn("cli.simulate")(function* (input: SimulateInput) {
  if (input.listFaults) {
    const style = styleFor((yield* Screen).colors)
    yield* Console.log(
      input.json ? JSON.stringify(faultReports, undefined, 2) : faultLines(faultReports, style).join("\n")
    )
    return exitCodes.ok.exit
  }
  const usage = (detail: string) => refuse({ _tag: "BadUsage", command: "boothold simulate", detail })
  if (input.models.length === 0) return yield* usage("missing MODEL")
  if (input.usbip && input.pty !== undefined) return yield* usage("--pty and --usbip exclude each other")
  if (!input.usbip && (input.attach || input.listen !== undefined)) {
    return yield* usage("--listen and --attach belong to --usbip")
  }
  // A signal is how it is meant to be ended.
  const { endsWith } = yield* Interruption
  return yield* Effect.onInterrupt(serve(input), () => Effect.sync(() => endsWith(exitCodes.ok.exit)))
})
