/** Where runs are recorded and modems reserved: what `--state-dir` says, or the system's own place for such things. */
import * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import * as UserDirectories from "effect/persistence/UserDirectories"
import { isAbsolute, resolve } from "node:path"
import { refuse } from "./CommandError.ts"
import type { ModemInput, StateInput } from "./inputs.ts"

/** Of the system, with its folder conventions. */
export interface Host {
  readonly platform: string
  readonly root: boolean
}

const thisHost: Host = { platform: process.platform, root: process.getuid?.() === 0 }

/**
 * Root's runs on Linux are the system's: `/var/lib`, as of the file hierarchy standard. Others': `XDG_STATE_HOME`, else the
 * platform's folder in the home of the user.
 */
export const stateFolder = Effect.fnUntraced(
  function* (given: string | undefined, host: Host = thisHost) {
    if (given !== undefined) return resolve(given)
    const state = UserDirectories.make({ platform: host.platform }).state("boothold")
    if (!host.root || host.platform !== "linux") return yield* state
    const chosen = yield* Config.String("XDG_STATE_HOME").pipe(Config.withDefault(""))
    return isAbsolute(chosen) ? yield* state : "/var/lib/boothold"
  },
  Effect.mapError((error) => {
    const detail = error._tag === "PlatformError" ? (error.reason.description ?? error.message) : error.message
    return refuse({ _tag: "NoStateFolder", detail })
  })
)

/**
 * The command's runs are recorded, and have their modem to themselves. Simulated modems are nobody else's, and their runs
 * nobody's history, unless it is asked for.
 */
export const recorded =
  (input: ModemInput & StateInput) =>
  <A, E, R>(command: Effect.Effect<A, E, R>) =>
    Effect.gen(function* () {
      if (input.simulation !== undefined && input.stateDir === undefined) return yield* command
      const folder = yield* stateFolder(input.stateDir)
      const stateIn = yield* Effect.promise(() => import("../live/state.ts").then(({ stateIn }) => stateIn))
      return yield* Effect.provide(command, stateIn(folder, "boothold"))
    })

/** Provides the runs of the past. */
export const withHistory =
  (input: StateInput) =>
  <A, E, R>(command: Effect.Effect<A, E, R>) =>
    Effect.gen(function* () {
      const folder = yield* stateFolder(input.stateDir)
      const historyIn = yield* Effect.promise(() => import("../live/state.ts").then(({ historyIn }) => historyIn))
      return yield* Effect.provide(command, historyIn(folder, "boothold"))
    })
