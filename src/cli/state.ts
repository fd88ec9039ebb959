/** Where runs are recorded and modems reserved: what `--state-dir` says, or the system's own place for such things. */
import * as Effect from "effect/Effect"
import { posix, resolve, win32 } from "node:path"
import { refuse } from "./CommandError.ts"
import type { ModemInput, StateInput } from "./inputs.ts"
import { Surroundings } from "./Surroundings.ts"

/** What decides where a system keeps such things. */
export interface Host {
  readonly platform: string
  readonly root: boolean
  readonly env: Readonly<Record<string, string | undefined>>
}

const thisHost = (): Host => ({ platform: process.platform, root: process.getuid?.() === 0, env: process.env })

/**
 * `XDG_STATE_HOME`, where it is set. Else, on Linux, `/var/lib` for root, whose runs are the system's (file hierarchy
 * standard), and `~/.local/state` for others; `Application Support` on macOS, the local application data on Windows.
 */
const conventional = ({ env, platform, root }: Host): string | undefined => {
  const path = platform === "win32" ? win32 : posix
  const absolute = (name: string): string | undefined => {
    const value = env[name]
    return value !== undefined && path.isAbsolute(value) ? value : undefined
  }
  const below = (name: string, ...folders: ReadonlyArray<string>): string | undefined => {
    const base = absolute(name)
    return base === undefined ? undefined : path.join(base, ...folders, "boothold")
  }
  const chosen = below("XDG_STATE_HOME")
  if (chosen !== undefined) return chosen
  if (platform === "win32") return below("LOCALAPPDATA") ?? below("USERPROFILE", "AppData", "Local")
  if (platform === "darwin") return below("HOME", "Library", "Application Support")
  return platform === "linux" && root ? "/var/lib/boothold" : below("HOME", ".local", "state")
}

export const stateFolder = Effect.fnUntraced(function* (given: string | undefined, host: Host = thisHost()) {
  const folder = given === undefined ? conventional(host) : resolve(given)
  return folder ?? (yield* refuse({ _tag: "NoStateFolder", detail: "no home folder is known" }))
})

/**
 * The command's runs are recorded, and have their modem to themselves. Simulated modems are nobody else's, and their runs
 * nobody's history, unless it is asked for.
 */
export const recorded =
  (input: ModemInput & StateInput) =>
  <A, E, R>(command: Effect.Effect<A, E, R>) =>
    Effect.gen(function* () {
      if (input.simulation !== undefined && input.stateDir === undefined) return yield* command
      const given = yield* Surroundings
      if (given !== undefined) return yield* Effect.provide(command, given.state)
      const folder = yield* stateFolder(input.stateDir)
      const stateIn = yield* Effect.promise(() => import("../live/state.ts").then(({ stateIn }) => stateIn))
      return yield* Effect.provide(command, stateIn(folder, "boothold"))
    })

/** Provides the runs of the past. */
export const withHistory =
  (input: StateInput) =>
  <A, E, R>(command: Effect.Effect<A, E, R>) =>
    Effect.gen(function* () {
      const given = yield* Surroundings
      if (given !== undefined) return yield* Effect.provide(command, given.state)
      const folder = yield* stateFolder(input.stateDir)
      const historyIn = yield* Effect.promise(() => import("../live/state.ts").then(({ historyIn }) => historyIn))
      return yield* Effect.provide(command, historyIn(folder, "boothold"))
    })
