/**
 * Ports of a simulated modem on pseudo terminals, for programs that take a path: one link per port in a folder, there
 * while the modem has the port. Each enumeration brings new terminals; those of the last one are hung up.
 */
import * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Scope from "effect/Scope"
import { lstatSync, mkdirSync, readlinkSync, rmdirSync, symlinkSync, unlinkSync } from "node:fs"
import { dirname, join, resolve } from "node:path"
import type { Attachment, BusSignal, SimModem } from "../sim/index.ts"
import type { TransportError } from "../transport/TransportError.ts"
import { openPty } from "./Pty.ts"
import { pathUnusable, ServeError } from "./ServeError.ts"

/** A control port has messages, which a terminal cannot carry. */
const roles = ["download", "at"] as const
type Role = (typeof roles)[number]

export interface ServedPort {
  readonly role: Role
  /** Stays the same over re-enumerations. */
  readonly link: string
  /** Where it leads to now, e.g. `/dev/pts/5`. */
  readonly path: string
}

export interface PtyService {
  /** The ports that are there now. */
  readonly ports: Effect.Effect<ReadonlyArray<ServedPort>>
  /** Fails when serving became impossible later on. */
  readonly broken: Effect.Effect<never, ServeError>
}

/** A hang-up makes the kernel drop what the program has not read yet: an answer gets this long to be read. */
const readMillis = 100

const isLink = (path: string): boolean => lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() ?? false

/** A link that a killed server left behind is replaced; anything else is somebody's. */
const linkTo = (target: string, link: string) =>
  Effect.acquireRelease(
    Effect.gen(function* () {
      if (lstatSync(link, { throwIfNoEntry: false }) !== undefined && !isLink(link)) {
        return yield* new ServeError({ what: link, reason: { _tag: "PathTaken" } })
      }
      yield* Effect.try({
        try: () => {
          if (isLink(link)) unlinkSync(link)
          symlinkSync(target, link)
        },
        catch: pathUnusable(link)
      })
    }),
    () =>
      Effect.sync(() => {
        // Only what is still ours.
        if (isLink(link) && readlinkSync(link) === target) unlinkSync(link)
      })
  )

/** Made where it is missing; what was made is removed. */
const madeFolder = (folder: string) =>
  Effect.acquireRelease(
    Effect.try({ try: () => mkdirSync(folder, { recursive: true }), catch: pathUnusable(folder) }),
    (first) =>
      Effect.sync(() => {
        if (first === undefined) return
        try {
          for (let path = resolve(folder); path.startsWith(resolve(first)); path = dirname(path)) rmdirSync(path)
        } catch {
          // Somebody put something of their own into it: theirs to keep.
        }
      })
  )

interface OpenPort extends ServedPort {
  readonly unlink: Effect.Effect<void>
  /** Completes when the program has had the time to read what the modem said last. */
  readonly settled: Effect.Effect<void>
}

/** The port with this role on a new terminal, behind its link, until the scope ends. */
const openPort = Effect.fnUntraced(function* (
  modem: SimModem,
  role: Role,
  link: string,
  broken: Deferred.Deferred<never, ServeError>
) {
  const scope = yield* Effect.scope
  const pty = yield* openPty(link)
  const held = yield* Scope.fork(scope)
  const connection = yield* modem.connect(role).pipe(Scope.provide(held))
  let sent = Number.NEGATIVE_INFINITY
  const carry = (loop: Effect.Effect<never, ServeError | TransportError>) =>
    loop.pipe(
      Effect.catchTag("ServeError", (error) => Deferred.fail(broken, error)),
      // The modem has left the bus: whoever listens to it closes us.
      Effect.catchTag("TransportError", () => Effect.void),
      Effect.forkIn(scope, { startImmediately: true })
    )
  yield* carry(Effect.forever(Effect.flatMap(pty.read, (pieces) => Effect.forEach(pieces, connection.write))))
  const fromModem = yield* carry(
    Effect.forever(
      Effect.gen(function* () {
        yield* pty.write(yield* connection.read)
        sent = yield* Clock.currentTimeMillis
      })
    ).pipe(Effect.ensuring(Scope.close(held, Exit.void)))
  )
  const linked = yield* Scope.fork(scope)
  yield* linkTo(pty.path, link).pipe(Scope.provide(linked))
  const open: OpenPort = {
    role,
    link,
    path: pty.path,
    unlink: Scope.close(linked, Exit.void),
    settled: Effect.gen(function* () {
      yield* Fiber.await(fromModem)
      const since = (yield* Clock.currentTimeMillis) - sent
      if (since < readMillis) yield* Effect.sleep(readMillis - since)
    }).pipe(Effect.timeoutOption(readMillis), Effect.asVoid)
  }
  return open
})

interface Enumeration {
  readonly scope: Scope.Closeable
  readonly ports: Map<Role, OpenPort>
}

/** Serves until the scope ends; the ports that the modem has by now are there when it returns. */
export const servePtys = Effect.fnUntraced(function* (modem: SimModem, folder: string) {
  const broken = yield* Deferred.make<never, ServeError>()
  yield* madeFolder(folder)
  const life = yield* Effect.scope
  let present: Enumeration | undefined
  let ended = false
  yield* Effect.addFinalizer(() =>
    Effect.sync(() => {
      ended = true
    })
  )

  const appear = Effect.fnUntraced(function* (attachment: Attachment) {
    if (ended) return
    const here = (present ??= { scope: yield* Scope.fork(life), ports: new Map() })
    for (const role of roles) {
      if (here.ports.has(role) || !attachment.ports.some((port) => port.role === role)) continue
      const port = yield* openPort(modem, role, join(folder, role), broken).pipe(
        Scope.provide(here.scope),
        // Gone again before its terminal was open: that is told next.
        Effect.catchReason("TransportError", "NotThere", () => Effect.undefined)
      )
      if (port !== undefined) here.ports.set(role, port)
    }
  })

  const disappear = Effect.suspend(() => {
    const leaving = present
    present = undefined
    if (leaving === undefined) return Effect.void
    const ports = [...leaving.ports.values()]
    const hangUp = Effect.forEach(ports, ({ settled }) => settled, { concurrency: "unbounded", discard: true }).pipe(
      Effect.andThen(Scope.close(leaving.scope, Exit.void))
    )
    return Effect.forEach(ports, ({ unlink }) => unlink, { discard: true }).pipe(
      Effect.andThen(Effect.forkIn(hangUp, life)),
      Effect.asVoid
    )
  })

  const follow = (signal: BusSignal) =>
    signal._tag === "Unplugged"
      ? disappear
      : Effect.catch(appear(signal.attachment), (error) =>
          Effect.asVoid(
            Deferred.fail(broken, error._tag === "ServeError" ? error : pathUnusable(error.endpoint)(error))
          )
        )

  yield* modem.listen(follow)
  const attachment = yield* modem.attachment
  if (attachment !== undefined)
    yield* appear(attachment).pipe(Effect.catchTag("TransportError", (error) => pathUnusable(error.endpoint)(error)))
  const service: PtyService = {
    ports: Effect.sync(() =>
      [...(present?.ports.values() ?? [])].map(({ link, path, role }) => ({ role, link, path }))
    ),
    broken: Deferred.await(broken)
  }
  return service
})
