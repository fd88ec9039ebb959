/**
 * logind keeps the computer awake: an inhibitor of sleep, shutdown and the lid, for as long as a descriptor is open that
 * it hands out (org.freedesktop.login1.Manager.Inhibit). Node can receive no descriptor over a socket, so systemd's own
 * `systemd-inhibit` holds it, around a `cat` on a pipe of ours: however this process ends, the pipe ends with it, then
 * `cat`, then the inhibitor.
 */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Result from "effect/Result"
import * as Scope from "effect/Scope"
import { spawn } from "node:child_process"
import type { ChildProcessWithoutNullStreams } from "node:child_process"
import type { Wakefulness } from "../update/SleepInhibitor.ts"
import { connectToSystemBus, toBus } from "./DBus.ts"
import { SystemBusAddress } from "./ModemManager.ts"

const name = "org.freedesktop.login1"
const program = "systemd-inhibit"
const why = "the firmware of a modem is being updated"

/** All of it: a run waits no longer for this. */
const patience = Duration.seconds(2)

/**
 * The lid too: by default it counts more than an inhibitor of sleep (`LidSwitchIgnoreInhibited`). Who may not have that
 * may have the rest.
 */
const wishes = ["sleep:shutdown:handle-lid-switch", "sleep:shutdown"] as const

const unmanaged: Wakefulness = { _tag: "Unmanaged" }
const notKept = (detail: string): Wakefulness => ({ _tag: "NotKept", detail })

/** Whether logind is on the bus. Nobody is started for the question. */
const hasLogind = Effect.scoped(
  Effect.gen(function* () {
    const bus = yield* connectToSystemBus()
    yield* bus.call({ ...toBus, member: "GetNameOwner", signature: "s", body: [name] }, patience)
  })
).pipe(Effect.result, Effect.map(Result.isSuccess))

const isRunning = ({ exitCode, signalCode }: ChildProcessWithoutNullStreams): boolean =>
  exitCode === null && signalCode === null

const letGo = (child: ChildProcessWithoutNullStreams): void => {
  for (const stream of [child.stdin, child.stdout, child.stderr]) stream.destroy()
  if (child.pid === undefined || !isRunning(child)) return
  try {
    process.kill(-child.pid, "SIGTERM")
  } catch {
    // It has ended by itself in this moment.
  }
}

/**
 * In a session of its own: Ctrl+C and a hangup of our terminal are not for it. Its complaints are ours to pass on, in the
 * language of all our messages.
 */
const start = (what: string, address: string | undefined) => {
  const variables = ["LC_ALL=C", ...(address === undefined ? [] : [`DBUS_SYSTEM_BUS_ADDRESS=${address}`])]
  const words = [program, `--what=${what}`, "--who=boothold", `--why=${why}`, "--mode=block", "cat"]
  const child = spawn("env", [...variables, ...words], { cwd: "/", detached: true })
  for (const stream of [child.stdin, child.stdout, child.stderr]) stream.on("error", () => undefined)
  return child
}

/** What comes back of a line shows that `cat` runs, and that is only started when the inhibitor is there. */
const echo = (child: ChildProcessWithoutNullStreams): Effect.Effect<Wakefulness> =>
  Effect.callback((resume) => {
    let complaint = ""
    child.stderr.on("data", (bytes: Buffer) => {
      complaint = (complaint + bytes.toString()).slice(0, 1000)
    })
    child.once("error", (error) => resume(Effect.succeed(notKept(`${program}: ${error.message}`))))
    child.once("close", (code) =>
      resume(Effect.succeed(notKept(complaint.trim() || `${program} ended with ${String(code)}`)))
    )
    child.stdout.once("data", () => resume(Effect.succeed({ _tag: "Kept" })))
    child.stdin.write("\n")
  })

/** One attempt; what has failed leaves nothing behind. */
const inhibit = Effect.fnUntraced(function* (what: string, address: string | undefined) {
  const scope = yield* Effect.flatMap(Scope.Scope, (outer) => Scope.fork(outer))
  const child = yield* Effect.acquireRelease(
    Effect.sync(() => start(what, address)),
    (child) => Effect.sync(() => letGo(child))
  ).pipe(Scope.provide(scope))
  const kept = yield* echo(child).pipe(Effect.onInterrupt(() => Scope.close(scope, Exit.void)))
  if (kept._tag !== "Kept") yield* Scope.close(scope, Exit.void)
  return kept
})

/** Until the scope ends. Where there is no logind nothing is said: many routers have none, and do not sleep. */
export const keepAwake: Effect.Effect<Wakefulness, never, Scope.Scope> = Effect.gen(function* () {
  if (!(yield* hasLogind)) return unmanaged
  const address = yield* SystemBusAddress
  let kept: Wakefulness = unmanaged
  for (const what of wishes) {
    kept = yield* inhibit(what, address)
    if (kept._tag === "Kept") break
  }
  return kept
}).pipe(
  Effect.timeoutOrElse({
    duration: patience,
    orElse: () => Effect.succeed(notKept(`logind does not answer within ${String(Duration.toSeconds(patience))} s`))
  })
)
