/**
 * A simulated modem: power, boot, its ports, and who listens on the bus. Only bytes on ports and events on the bus go in
 * and out, and all time is the Clock's: the same modem serves tests in memory, a pty and USB/IP.
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as FiberHandle from "effect/FiberHandle"
import * as Scope from "effect/Scope"
import type { PortRole } from "../device/UsbBus.ts"
import { hostChecksums } from "../file/Checksums.ts"
import type { Connection } from "../transport/Connection.ts"
import { TransportError } from "../transport/TransportError.ts"
import { serveAt } from "./at/AtServer.ts"
import type { Core } from "./Core.ts"
import { find, makeFaults } from "./faults.ts"
import type { JournalEntry } from "./journal.ts"
import { bootPorts } from "./models/facts.ts"
import type { Model, ModelPort } from "./models/Model.ts"
import type { Mode, ModemState } from "./ModemState.ts"
import { OperatingMode } from "./ModemState.ts"
import type { ModemSetup } from "./ModemSetup.ts"
import { makePort } from "./Port.ts"
import type { Port } from "./Port.ts"
import { serveDownload } from "./qdl/DownloadServer.ts"
import { serveMbim } from "./mbim/MbimServer.ts"
import { serveControl } from "./qmi/ControlServer.ts"
import { boot, bootUnswitched } from "./storage.ts"

/** One enumeration, as the host's bus driver sees it. */
export interface Attachment {
  /** 1 for the first enumeration, then up. */
  readonly enumeration: number
  readonly mode: Exclude<Mode, "off">
  readonly portPath: string
  /** Where the host says that the same connector is at the other speed. */
  readonly peerPath?: string
  readonly vendorId: number
  readonly productId: number
  readonly serial?: string
  readonly product: string
  readonly interfaceCount: number
  /** What fits one control transfer of MBIM, where there is such a function. */
  readonly maxControlMessage?: number
  /** Ports whose driver is bound by now. */
  readonly ports: ReadonlyArray<ModelPort>
}

export type BusSignal =
  | { readonly _tag: "Plugged"; readonly attachment: Attachment }
  | { readonly _tag: "Changed"; readonly attachment: Attachment }
  | { readonly _tag: "Unplugged"; readonly attachment: Attachment }

export interface SimModem {
  readonly model: Model
  readonly serial: string
  readonly imei: string
  readonly state: Effect.Effect<ModemState>
  /** The last {@link journalLimit} entries. */
  readonly journal: Effect.Effect<ReadonlyArray<JournalEntry>>
  /** Tells what the journal holds, then every entry as it comes. The listener must not wait for the modem. */
  readonly follow: (listener: (entry: JournalEntry) => Effect.Effect<void>) => Effect.Effect<void>
  /** Told after every change of the state from now on, often several times in a row: look when there is time. */
  readonly onChange: (listener: () => void) => Effect.Effect<void>
  /** The present enumeration; `undefined` while the modem is off the bus. */
  readonly attachment: Effect.Effect<Attachment | undefined>
  /** Told of every change on the bus from now on, in order and before the modem goes on. */
  readonly listen: (listener: (signal: BusSignal) => Effect.Effect<void>) => Effect.Effect<void>
  /** Opens the port with this role exclusively until the scope ends. */
  readonly connect: (role: PortRole) => Effect.Effect<Connection, TransportError, Scope.Scope>
  /** The host's RESET_FUNCTION to the function behind this port: as after the device was configured. */
  readonly resetFunction: (role: PortRole) => Effect.Effect<void>
  /** Pulls the plug: whatever was going on is lost. */
  readonly unplug: Effect.Effect<void>
  /** Plugs it in, at the same place unless told; it boots. Does nothing to a modem that is plugged, also one that is switched off. */
  readonly plug: (portPath?: string) => Effect.Effect<void>
}

/** A modem that runs for weeks must not fill the memory with what it remembers. */
export const journalLimit = 100_000

/** What exists while the modem is on the bus. */
interface Presence {
  attachment: Attachment
  readonly ports: Map<PortRole, Port>
  readonly scope: Scope.Closeable
}

/** Makes a modem from its setup; it lives as long as the scope. */
export const make = Effect.fnUntraced(function* (setup: ModemSetup) {
  const { imei, model, serial, timing } = setup
  const faults = makeFaults(setup.behaviours)
  const life = yield* Effect.scope
  const power = yield* FiberHandle.make<void>()
  const journal: Array<JournalEntry> = []
  const listeners: Array<(signal: BusSignal) => Effect.Effect<void>> = []
  const followers: Array<(entry: JournalEntry) => Effect.Effect<void>> = []
  const watchers: Array<() => void> = []
  let state = setup.state
  let portPath = setup.portPath
  let presence: Presence | undefined
  let plugged = setup.state.mode !== "off"
  let enumeration = 0
  /** As it was when boot-and-hold was entered. */
  let beforeHold = setup.state

  const now = Clock.currentTimeMillis
  const note = (entry: JournalEntry) =>
    Effect.suspend(() => {
      // In large steps: moving all of it for each entry would cost more than the entries.
      if (journal.length >= 1.1 * journalLimit) journal.splice(0, journal.length - journalLimit)
      journal.push(entry)
      return followers.length === 0
        ? Effect.void
        : Effect.forEach(followers, (listener) => listener(entry), { discard: true })
    })
  const setState = (next: ModemState): void => {
    if (next === state) return
    state = next
    for (const watcher of watchers) watcher()
  }
  const update: Core["update"] = (f) => Effect.sync(() => setState(f(state)))

  const modify: Core["modify"] = (f) =>
    Effect.sync(() => {
      const [result, next] = f(state)
      setState(next)
      return result
    })

  const busy = (doing: string, millis: number): Effect.Effect<void> =>
    millis <= 0
      ? Effect.void
      : Effect.flatMap(now, (from) =>
          Effect.ensuring(
            Effect.sleep(millis),
            Effect.flatMap(now, (to) => note({ _tag: "Busy", from, to, doing }))
          )
        )

  const tell = (signal: BusSignal) => Effect.forEach([...listeners], (listener) => listener(signal), { discard: true })

  const detach = Effect.suspend(() => {
    const leaving = presence
    if (leaving === undefined) return Effect.void
    presence = undefined
    setState({ ...state, mode: "off" })
    return Effect.gen(function* () {
      yield* Effect.forEach(leaving.ports.values(), (port) => port.remove, { discard: true })
      yield* Scope.close(leaving.scope, Exit.void)
      yield* note({ _tag: "Unplugged", at: yield* now })
      yield* tell({ _tag: "Unplugged", attachment: leaving.attachment })
    })
  }).pipe(Effect.uninterruptible)

  const serve = (core: Core, port: Port): Effect.Effect<void> => {
    switch (port.role) {
      case "control":
        return port.driver === "cdc_mbim" ? serveMbim(core, port) : serveControl(core, port)
      case "at":
        return serveAt(core, port)
      case "download":
        return serveDownload(core, port)
      default:
        // DIAG and NMEA take bytes and never answer (at.md §1).
        return Effect.forever(port.incoming)
    }
  }

  const attach: Effect.Effect<void> = Effect.gen(function* () {
    const mode = state.mode === "boot-and-hold" ? "boot-and-hold" : "application"
    const scope = yield* Scope.fork(life)
    const moved = find(faults({ _tag: "Enumerating", mode }), "Moved")
    const composition = model.compositions.find(({ number }) => number === state.composition)
    const limit = find(faults({ _tag: "MbimDescribed" }), "Limit")?.bytes
    const wanted = (mode === "boot-and-hold" ? bootPorts : (composition?.ports ?? [])).map((port): ModelPort =>
      port.maxControlMessage === undefined || limit === undefined ? port : { ...port, maxControlMessage: limit }
    )
    const maxControlMessage = wanted.find((port) => port.maxControlMessage !== undefined)?.maxControlMessage
    const ports = new Map<PortRole, Port>()
    const late: Array<readonly [Port, number]> = []
    const core: Core = {
      model,
      imei,
      checksums: setup.checksums ?? hostChecksums(),
      timing,
      faults,
      state: Effect.sync(() => state),
      update,
      modify,
      now,
      note,
      busy,
      restart,
      switchOff,
      forgetReceived,
      booting: enumeration > 0 || setup.state.mode === "off",
      scope
    }
    for (const modelPort of wanted) {
      const { role } = modelPort
      const port = yield* makePort({
        port: modelPort,
        endpoint: `sim:${moved?.path ?? portPath}/${role}`,
        faults,
        busy,
        note: (event, which) => Effect.flatMap(now, (at) => note({ _tag: event, at, port: which })),
        scope
      })
      const delay = find(faults({ _tag: "PortAppearing", role }), "Slow")
      if (delay === undefined) ports.set(role, port)
      else late.push([port, delay.millis])
      yield* Effect.forkIn(serve(core, port), scope)
    }
    const attachment: Attachment = {
      enumeration: ++enumeration,
      mode,
      portPath: moved?.path ?? portPath,
      ...(moved?.peer === true ? { peerPath: portPath } : {}),
      vendorId: model.vendorId,
      productId: mode === "boot-and-hold" ? model.bootProductId : (composition?.productId ?? model.productId),
      serial,
      product: model.product,
      interfaceCount: wanted.length + (mode === "application" ? (composition?.otherInterfaces ?? 0) : 0),
      ...(maxControlMessage === undefined ? {} : { maxControlMessage }),
      ports: [...ports.values()]
    }
    const here: Presence = { attachment, ports, scope }
    presence = here
    yield* note({ _tag: "Plugged", at: yield* now, portPath: attachment.portPath, mode })
    yield* tell({ _tag: "Plugged", attachment })
    for (const [port, millis] of late) {
      const appear = Effect.gen(function* () {
        yield* busy(`binding the ${port.role} port`, millis)
        here.ports.set(port.role, port)
        here.attachment = { ...here.attachment, ports: [...here.ports.values()] }
        yield* tell({ _tag: "Changed", attachment: here.attachment })
      })
      yield* Effect.forkIn(appear, scope)
    }
  }).pipe(Effect.uninterruptible)

  /** From power on to enumeration, in the mode that the state decides. */
  const start: Effect.Effect<void> = Effect.gen(function* () {
    const here = faults({ _tag: "Booting" })
    if (here.some(({ _tag }) => _tag === "Hang")) return
    const slow = find(here, "Slow")?.millis ?? 0
    const applied = state.received.length
    const next = (find(here, "NoSwitch") === undefined ? boot : bootUnswitched)(state, yield* now)
    const holds = next.mode === "boot-and-hold"
    setState({ ...next, mode: "off" })
    yield* busy(
      holds ? "starting the boot loader" : "booting",
      holds ? timing.bootLoader : timing.boot + applied * timing.applyImage + slow
    )
    const at = yield* now
    setState({ ...next, bootedAt: holds ? state.bootedAt : at })
    if (holds) beforeHold = state
    const { config, carrier, firmware, slot } = state.running
    yield* note({
      _tag: "Booted",
      at,
      mode: holds ? "boot-and-hold" : "application",
      firmware,
      config,
      carrier,
      slot,
      lowPower: state.operatingMode === OperatingMode.lowPower
    })
    yield* attach
  })

  const powerRun = (run: Effect.Effect<void>) => Effect.asVoid(FiberHandle.run(power, run))

  const restart: Core["restart"] = (options) =>
    powerRun(
      Effect.gen(function* () {
        if (options?.atOnce !== true) yield* busy("leaving the bus", timing.leave)
        yield* detach
        yield* start
      })
    )

  const switchOff: Effect.Effect<void> = powerRun(detach)

  const forgetReceived: Core["forgetReceived"] = (what) =>
    update((current) =>
      what === "all"
        ? {
            ...current,
            slots: beforeHold.slots,
            pris: beforeHold.pris,
            outside: beforeHold.outside,
            received: []
          }
        : {
            ...current,
            pris: beforeHold.pris,
            received: current.received.map(({ pri: _, ...image }) => image)
          }
    )

  const connect: SimModem["connect"] = (role) =>
    Effect.suspend(() => {
      const port = presence?.ports.get(role)
      return port === undefined
        ? Effect.fail(
            new TransportError({
              endpoint: `sim:${portPath}/${role}`,
              operation: "open",
              reason: { _tag: "NotThere" }
            })
          )
        : port.connect
    })

  // A modem that was on before the program began: on the bus, booted, nothing to wait for.
  if (state.mode !== "off") yield* attach

  const modem: SimModem = {
    model,
    serial,
    imei,
    state: Effect.sync(() => state),
    journal: Effect.sync(() => journal.slice(-journalLimit)),
    follow: (listener) =>
      Effect.suspend(() => {
        const before = [...journal]
        followers.push(listener)
        return Effect.forEach(before, listener, { discard: true })
      }),
    onChange: (listener) => Effect.sync(() => void watchers.push(listener)),
    attachment: Effect.sync(() => presence?.attachment),
    listen: (listener) => Effect.sync(() => void listeners.push(listener)),
    connect,
    resetFunction: (role) => Effect.suspend(() => presence?.ports.get(role)?.reset ?? Effect.void),
    unplug: Effect.suspend(() => {
      plugged = false
      return Effect.andThen(FiberHandle.clear(power), detach)
    }),
    plug: (path) =>
      Effect.suspend(() => {
        if (plugged) return Effect.void
        plugged = true
        portPath = path ?? portPath
        return powerRun(start)
      })
  }
  return modem
})
