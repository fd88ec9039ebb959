/**
 * ModemManager leaves one modem alone: `InhibitDevice` of its D-Bus interface, by the name that it has for the place
 * where the modem is plugged in. What was seen of ModemManager 1.20: an inhibition lasts over re-enumerations, and until
 * the connection ends that asked for it, however that comes about; when its answer is there, its ports are closed; a
 * place where it knows no device is `NotFound`, one whose modem it is just setting up `WrongState`, one that another
 * program has inhibited `InProgress`; when it starts anew it knows nothing of any of it.
 */
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Queue from "effect/Queue"
import * as Result from "effect/Result"
import * as Scope from "effect/Scope"
import { existsSync } from "node:fs"
import { join } from "node:path"
import { BusError } from "../device/BusError.ts"
import type { BusEvent, ClaimNotice, UsbDevice } from "../device/UsbBus.ts"
import { realPath } from "./attributes.ts"
import { busName, connectToSystemBus, toBus } from "./DBus.ts"
import type { CallFailure, NoBus, SystemBus } from "./DBus.ts"
import { holdersOf } from "./holders.ts"
import { IgnoreModemManager, modemManager } from "./ModemManager.ts"
import { Roots } from "./Roots.ts"

const program = "ModemManager"
const name = "org.freedesktop.ModemManager1"
const manager = { destination: name, path: "/org/freedesktop/ModemManager1", interface: name } as const
/** Programs through which it has a port open. */
const itsPrograms: ReadonlySet<string> = new Set([program, "qmi-proxy", "mbim-proxy"])

/** It ends what it does with the modem first: a call's usual patience on D-Bus, and a little. */
const inhibiting = Duration.seconds(30)
const asking = Duration.seconds(5)
const releasing = Duration.seconds(3)
/** A device that was plugged in this moment is known to it a moment later; one that it is told to ignore, never. */
const getsToKnow = Duration.seconds(2)
/** The same while nobody waits for it: when it starts it takes longer. */
const getsToKnowLater = Duration.seconds(20)
/** It takes some 20 s to set up a modem; it has a minute, since nobody may talk to the modem meanwhile. */
const settingUp = Duration.seconds(60)
const betweenAttempts = Duration.millis(100)
/** Until the programs have let go of the ports. */
const lettingGo = Duration.seconds(3)
const reconnecting = Duration.seconds(1)

/** Where the modem is, or comes back on the socket's other speed. */
interface Place {
  readonly portPath: string
  readonly uid: string
  /** Whether a device is there: only then can it be known. */
  readonly taken: () => boolean
}

/** The folder of a place in sysfs, also while nothing is plugged in there: in that of its hub. */
const folderOf = (sys: string, portPath: string): string | undefined => {
  const devices = join(sys, "bus/usb/devices")
  const cut = portPath.lastIndexOf(".")
  const hub = realPath(join(devices, cut === -1 ? `usb${portPath.split("-")[0] ?? ""}` : portPath.slice(0, cut)))
  return realPath(join(devices, portPath)) ?? (hub === undefined ? undefined : join(hub, portPath))
}

/** A dictionary as the library has it: a list of pairs; a variant is its signature and a list of one value. */
const entries = (value: unknown): ReadonlyArray<readonly [key: unknown, value: unknown]> =>
  Array.isArray(value) ? value.filter((pair): pair is [unknown, unknown] => Array.isArray(pair)) : []
const inVariant = (value: unknown): unknown =>
  Array.isArray(value) && Array.isArray(value[1]) ? value[1][0] : undefined

/** What ModemManager calls the device with one of these ports: its place in sysfs, unless a udev rule says otherwise. */
const uidIn = (objects: unknown, ports: ReadonlySet<string>): string | undefined => {
  for (const [, interfaces] of entries(objects)) {
    const modem = entries(interfaces).find(([key]) => key === `${name}.Modem`)?.[1]
    const property = (wanted: string) => inVariant(entries(modem).find(([key]) => key === wanted)?.[1])
    const uid = property("Device")
    if (typeof uid === "string" && entries(property("Ports")).some(([port]) => ports.has(String(port)))) return uid
  }
  return undefined
}

/** Names of D-Bus, polkit and ModemManager for "you may not". */
const isDenial = (error: string): boolean =>
  /AccessDenied|Unauthorized|AuthFailed|InteractiveAuth|NotAuthorized/.test(error)
/** It has just ended. */
const isAbsence = (error: string): boolean => /\.(?:ServiceUnknown|NameHasNoOwner|NoReply|Disconnected)$/.test(error)

const failed = (detail: string) =>
  new BusError({ operation: "claim", reason: { _tag: "ClaimFailed", program, detail } })

const errorOf = (failure: CallFailure): BusError => {
  switch (failure._tag) {
    case "Silent":
      return failed(`it does not answer within ${String(failure.seconds)} s`)
    case "Gone":
      return failed("the connection to the system bus was lost")
    case "Refused": {
      const detail =
        [failure.message, failure.name].filter((text) => text !== "").join(" (") + (failure.message === "" ? "" : ")")
      if (/\.InProgress$/.test(failure.name)) {
        return new BusError({ operation: "claim", reason: { _tag: "ClaimTaken", program, detail } })
      }
      return isDenial(failure.name)
        ? new BusError({ operation: "claim", reason: { _tag: "ClaimRefused", program, detail } })
        : failed(detail)
    }
  }
}

/** One connection to the bus, and who ModemManager is there. */
interface Session {
  readonly bus: SystemBus
  owner: string | undefined
  /** Something has changed that makes another attempt worth it. */
  readonly wakes: Queue.Queue<void>
  readonly held: Set<string>
}

const openSession: Effect.Effect<Session, NoBus | CallFailure, Scope.Scope> = Effect.gen(function* () {
  const bus = yield* connectToSystemBus()
  const session: Session = { bus, owner: undefined, wakes: yield* Queue.sliding<void>(1), held: new Set() }
  // While we leave: an answer that came after all is not waited for, the end of the connection undoes it.
  yield* Effect.addFinalizer(() =>
    Effect.forEach([...session.held], (uid) =>
      Effect.ignore(bus.call({ ...manager, member: "InhibitDevice", signature: "sb", body: [uid, false] }, releasing))
    )
  )
  const become = (owner: string | undefined): void => {
    if (owner !== session.owner) session.held.clear()
    session.owner = owner
    Queue.offerUnsafe(session.wakes, undefined)
  }
  bus.onSignal(({ body, member, sender }) => {
    const [whose, , owner] = body
    if (sender !== busName || member !== "NameOwnerChanged" || whose !== name) return
    become(typeof owner === "string" && owner !== "" ? owner : undefined)
  })
  const match = `type='signal',sender='${busName}',interface='${busName}',member='NameOwnerChanged',arg0='${name}'`
  yield* bus.call({ ...toBus, member: "AddMatch", signature: "s", body: [match] }, asking)
  const [owner] = yield* bus
    .call({ ...toBus, member: "GetNameOwner", signature: "s", body: [name] }, asking)
    .pipe(Effect.catch((failure) => (failure._tag === "Refused" ? Effect.succeed([]) : Effect.fail(failure))))
  if (typeof owner === "string") become(owner)
  return session
})

const words = (failure: NoBus | CallFailure): string => {
  switch (failure._tag) {
    case "Missing":
      return "there is no system bus to ask it by"
    case "Unusable":
      return `the system bus cannot be used: ${failure.detail}`
    default:
      return `the system bus cannot be used: ${errorOf(failure).message}`
  }
}

/**
 * What is left to wait for: nothing; a device that it does not know (yet); one that it is just setting up, which it can
 * neither give up nor be kept from before it has done so.
 */
type Left = "nothing" | "unknown" | "busy"

/** Inhibits the places that are not yet, and where a device is. */
const attempt = Effect.fnUntraced(function* (
  { bus, held, owner }: Session,
  places: ReadonlyArray<Place>
): Effect.fn.Return<Left, BusError> {
  if (owner === undefined) return "unknown"
  let left: Left = "nothing"
  for (const { taken, uid } of places) {
    if (held.has(uid) || !taken()) continue
    const answer = yield* Effect.result(
      bus.call({ ...manager, member: "InhibitDevice", signature: "sb", body: [uid, true] }, inhibiting)
    )
    if (Result.isSuccess(answer)) {
      held.add(uid)
      continue
    }
    const { failure } = answer
    const error = failure._tag === "Refused" ? failure.name : ""
    if (isAbsence(error)) return "unknown"
    if (/\.WrongState$/.test(error)) left = "busy"
    else if (!/\.NotFound$/.test(error)) return yield* errorOf(failure)
    else if (left === "nothing") left = "unknown"
  }
  return left
})

/** The same, with patience. */
const attempts = Effect.fnUntraced(function* (
  session: Session,
  places: ReadonlyArray<Place>,
  patience: { readonly unknown: Duration.Duration; readonly busy: Duration.Duration }
) {
  const start = yield* Clock.currentTimeMillis
  for (;;) {
    const left = yield* attempt(session, places)
    if (left === "nothing" || session.owner === undefined) return
    if ((yield* Clock.currentTimeMillis) - start >= Duration.toMillis(patience[left])) {
      if (left === "unknown") return
      return yield* failed(`it is still setting it up after ${String(Duration.toSeconds(patience.busy))} s`)
    }
    yield* Effect.sleep(betweenAttempts)
  }
})

/** It is on its way to the bus, or on another one. */
const awaitOwner = Effect.fnUntraced(function* (session: Session) {
  const until = (yield* Clock.currentTimeMillis) + Duration.toMillis(getsToKnow)
  while (session.owner === undefined && (yield* Clock.currentTimeMillis) < until) yield* Effect.sleep(betweenAttempts)
  return session.owner !== undefined
})

/** A proxy closes the port when its last client has gone. */
const awaitRelease = Effect.fnUntraced(function* (nodes: ReadonlyArray<string>) {
  const until = (yield* Clock.currentTimeMillis) + Duration.toMillis(lettingGo)
  const isHeld = () => nodes.some((node) => holdersOf(node).some((holder) => itsPrograms.has(holder.program)))
  while (isHeld() && (yield* Clock.currentTimeMillis) < until) yield* Effect.sleep(betweenAttempts)
})

/**
 * Until the scope ends. Where there is no ModemManager, it is watched for; where there is no bus, there is nothing to
 * watch. Fails with `ClaimRefused` and `ClaimFailed`; what happens later is only told.
 */
export const inhibit = Effect.fn("Inhibition.inhibit")(function* (
  device: UsbDevice,
  changes: Effect.Effect<Queue.Dequeue<BusEvent>, BusError, Scope.Scope>,
  tell: (notice: ClaimNotice) => Effect.Effect<void>
): Effect.fn.Return<void, BusError, Scope.Scope> {
  if (yield* IgnoreModemManager) return
  const pid = yield* modemManager
  const runs = (failure: string) => failed(`it runs (pid ${String(pid)}), and ${failure}`)
  const scopes = yield* Effect.acquireRelease(
    Effect.sync((): { current?: Scope.Closeable } => ({})),
    ({ current }) => (current === undefined ? Effect.void : Scope.close(current, Exit.void))
  )
  /** A session in a scope of its own, in the place of the one before. */
  const connect = Effect.gen(function* () {
    if (scopes.current !== undefined) yield* Scope.close(scopes.current, Exit.void)
    scopes.current = yield* Scope.make()
    return yield* Scope.provide(openSession, scopes.current)
  })
  const opened = yield* Effect.result(connect)
  if (Result.isFailure(opened)) {
    if (pid !== undefined) return yield* runs(words(opened.failure))
    return yield* Effect.logDebug(`no ModemManager, and no bus to watch for it: ${words(opened.failure)}`)
  }
  let session = opened.success
  if (pid !== undefined && !(yield* awaitOwner(session))) {
    // It may have ended meanwhile.
    if ((yield* modemManager) === pid) return yield* runs("is not on the system bus")
  }

  const { sys } = yield* Roots
  const known = yield* session.bus
    .call({ ...manager, interface: `${busName}.ObjectManager`, member: "GetManagedObjects" }, asking)
    .pipe(Effect.orElseSucceed(() => []))
  const named = uidIn(known[0], new Set(device.ports.map((port) => port.name)))
  const places = [device.portPath, ...(device.peerPath === undefined ? [] : [device.peerPath])].flatMap(
    (portPath, index): ReadonlyArray<Place> => {
      const folder = folderOf(sys, portPath)
      if (folder === undefined) return []
      return [{ portPath, uid: (index === 0 ? named : undefined) ?? folder, taken: () => existsSync(folder) }]
    }
  )

  let told = false
  const tellHeld = Effect.suspend(() => {
    if (session.held.size === 0) return Effect.void
    const notice: ClaimNotice = { _tag: told ? "HeldAgain" : "Held", program }
    told = true
    return tell(notice)
  })
  yield* attempts(session, places, { unknown: getsToKnow, busy: settingUp })
  yield* tellHeld
  if (session.held.size > 0) {
    yield* awaitRelease(device.ports.flatMap(({ node }) => (node === undefined ? [] : [node])))
  }

  /** From the second attempt on nobody is there to fail: the run goes on, and says what it knows. */
  const again = Effect.gen(function* () {
    const before = session.held.size
    yield* attempts(session, places, { unknown: getsToKnowLater, busy: settingUp }).pipe(
      Effect.catch((error) => tell({ _tag: "Lost", program, detail: error.message }))
    )
    if (session.held.size > before) yield* tellHeld
  })
  const attend = Effect.suspend(() => Effect.forever(Effect.andThen(Queue.take(session.wakes), again)))
  const reconnect: Effect.Effect<void> = Effect.gen(function* () {
    for (;;) {
      const next = yield* Effect.result(connect)
      if (Result.isSuccess(next)) {
        session = next.success
        return
      }
      yield* Effect.sleep(reconnecting)
    }
  })
  yield* Effect.forkScoped(
    Effect.forever(
      Effect.gen(function* () {
        yield* Effect.raceFirst(attend, session.bus.gone)
        if (session.held.size > 0) yield* tell({ _tag: "Lost", program, detail: "the system bus has ended" })
        yield* reconnect
      })
    )
  )
  // What it did not know when it was told, it may get to know when it comes back.
  if (places.some(({ uid }) => !session.held.has(uid))) {
    const events = yield* changes
    yield* Effect.forkScoped(
      Effect.forever(
        Effect.tap(Queue.take(events), ({ _tag, device: { portPath } }) =>
          Effect.sync(() => {
            if (_tag === "Plugged" && places.some((place) => place.portPath === portPath))
              Queue.offerUnsafe(session.wakes, undefined)
          })
        )
      )
    )
  }
})
