/** A message bus of the test's own, and a ModemManager on it that does what the test says. */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { createRequire } from "node:module"
import { spawn } from "node:child_process"
import type { ChildProcess } from "node:child_process"
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { createConnection } from "node:net"
import { tmpdir } from "node:os"
import { delimiter, join } from "node:path"

const name = "org.freedesktop.ModemManager1"
const objectPath = "/org/freedesktop/ModemManager1"

/** The one thing that these tests need; they say so where it is missing. */
export const hasDaemon = [...(process.env["PATH"] ?? "").split(delimiter), "/usr/bin"].some((folder) =>
  existsSync(join(folder, "dbus-daemon"))
)

export interface PrivateBus {
  readonly address: string
  /** Whether somebody had the bus start ModemManager, as it can be on real systems. */
  readonly wasStarted: () => boolean
  readonly stop: Effect.Effect<void>
  readonly restart: Effect.Effect<void>
}

const listens = (path: string): Promise<void> =>
  new Promise((resolve, reject) => {
    let attempts = 0
    const attempt = () => {
      const socket = createConnection({ path })
      socket.once("connect", () => {
        socket.destroy()
        resolve()
      })
      socket.once("error", (error) => (++attempts < 250 ? setTimeout(attempt, 20) : reject(error)))
    }
    attempt()
  })

export const privateBus: Effect.Effect<PrivateBus, never, Scope.Scope> = Effect.gen(function* () {
  const folder = yield* Effect.acquireRelease(
    Effect.sync(() => mkdtempSync(join(tmpdir(), "boothold-bus-"))),
    (path) => Effect.sync(() => rmSync(path, { recursive: true, force: true }))
  )
  const path = join(folder, "socket")
  const started = join(folder, "started")
  const services = join(folder, "dbus-1/services")
  mkdirSync(services, { recursive: true })
  writeFileSync(join(services, `${name}.service`), `[D-BUS Service]\nName=${name}\nExec=/usr/bin/touch ${started}\n`)
  const address = `unix:path=${path}`
  let daemon: ChildProcess | undefined
  const start = Effect.promise(() => {
    rmSync(path, { force: true })
    daemon = spawn("dbus-daemon", ["--session", "--nofork", "--nopidfile", `--address=${address}`], {
      stdio: "ignore",
      env: { ...process.env, XDG_DATA_HOME: folder }
    })
    return listens(path)
  })
  const stop = Effect.promise(
    () =>
      new Promise<void>((resolve) => {
        const ending = daemon
        daemon = undefined
        if (ending === undefined || ending.exitCode !== null) return resolve()
        ending.once("exit", () => resolve())
        ending.kill("SIGKILL")
      })
  )
  yield* Effect.acquireRelease(start, () => stop)
  return { address, wasStarted: () => existsSync(started), stop, restart: Effect.andThen(stop, start) }
})

interface Caller {
  readonly sender: string
}
interface Client {
  readonly connection: NodeJS.EventEmitter & { readonly stream: { destroy: () => void } }
  readonly requestName: (name: string, flags: number, done: (error: unknown) => void) => void
  readonly addMatch: (match: string, done: (error: unknown) => void) => void
  readonly exportInterface: (object: object, path: string, description: object) => void
}

export interface ModemManagerWishes {
  /** Instead of doing it; `silent` never answers. */
  readonly answers?: "silent" | { readonly error: string; readonly message?: string }
  /** The uids of the devices that it knows. */
  readonly knows: Set<string>
  /** Of these, the ones that it is just setting up. */
  readonly busy?: ReadonlySet<string>
  /** What it calls the device with a port. */
  readonly modems?: ReadonlyArray<{ readonly uid: string; readonly ports: ReadonlyArray<string> }>
}

export interface FakeModemManager {
  /** By uid, the connection that holds it. */
  readonly inhibited: ReadonlyMap<string, string>
  /** Calls of InhibitDevice, in order. */
  readonly calls: ReadonlyArray<string>
  /** The end of its process, as the bus sees it. */
  readonly end: Effect.Effect<void>
}

class BusFailure extends Error {
  readonly dbusName: string
  constructor(dbusName: string, message: string) {
    super(message)
    this.dbusName = dbusName
  }
}

/** On the bus when the effect is done; gone with the scope. */
export const fakeModemManager = (
  { address }: PrivateBus,
  { answers, busy, knows, modems = [] }: ModemManagerWishes
): Effect.Effect<FakeModemManager, never, Scope.Scope> =>
  Effect.gen(function* () {
    const library = createRequire(import.meta.url)("@homebridge/dbus-native") as {
      readonly createClient: (options: { readonly busAddress: string }) => Client
    }
    const inhibited = new Map<string, string>()
    const calls: Array<string> = []
    const client = yield* Effect.acquireRelease(
      Effect.sync(() => library.createClient({ busAddress: address })),
      ({ connection }) => Effect.sync(() => connection.stream.destroy())
    )
    client.connection.on("error", () => undefined)
    client.connection.on("message", ({ body, member }: { member?: string; body?: ReadonlyArray<string> }) => {
      if (member !== "NameOwnerChanged" || body?.[2] !== "") return
      for (const [uid, holder] of inhibited) if (holder === body[0]) inhibited.delete(uid)
    })
    const manager = {
      InhibitDevice: (uid: string, inhibit: boolean, { sender }: Caller) => {
        calls.push(`${inhibit ? "inhibit" : "release"} ${uid}`)
        if (answers === "silent") return new Promise(() => undefined)
        if (answers !== undefined) throw new BusFailure(answers.error, answers.message ?? "")
        if (!knows.has(uid)) throw new BusFailure(`${name}.Error.Core.NotFound`, `No device found with uid '${uid}'`)
        if (busy?.has(uid) === true) {
          throw new BusFailure(`${name}.Error.Core.WrongState`, "Modem not exported in the bus")
        }
        if (inhibit) inhibited.set(uid, sender)
        else inhibited.delete(uid)
        return undefined
      }
    }
    const objects = {
      GetManagedObjects: () =>
        modems.map(({ ports, uid }, index) => [
          `${objectPath}/Modem/${String(index)}`,
          [
            [
              `${name}.Modem`,
              [
                ["Device", ["s", uid]],
                ["Ports", ["a(su)", ports.map((port) => [port, 1])]]
              ]
            ]
          ]
        ])
    }
    client.exportInterface(manager, objectPath, { name, methods: { InhibitDevice: ["sb", ""] } })
    client.exportInterface(objects, objectPath, {
      name: "org.freedesktop.DBus.ObjectManager",
      methods: { GetManagedObjects: ["", "a{oa{sa{sv}}}"] }
    })
    yield* Effect.promise(
      () => new Promise<void>((resolve) => client.addMatch("type='signal',member='NameOwnerChanged'", () => resolve()))
    )
    yield* Effect.promise(() => new Promise<void>((resolve) => client.requestName(name, 4, () => resolve())))
    return { inhibited, calls, end: Effect.sync(() => client.connection.stream.destroy()) }
  })
