/**
 * What says that something on the bus has changed. Two sources at once, since neither is enough: inotify on /dev needs
 * no udev, and is there in every container that has device nodes; the `usb` package tells of devices without nodes too,
 * but hears only what udevd passes on. Both only wake whoever looks: what has changed is read from sysfs.
 */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { watch } from "node:fs"
import { createRequire } from "node:module"
import { Roots } from "./Roots.ts"

/** Nodes that modems have: others come and go all day (`loop0`, `snd`). */
const interesting = /^(?:tty(?!\d)|cdc-wdm)/

/** Whether the folder can be watched. A write to a node is a `change` there; only `rename` says that one came or went. */
const watchNodes = Effect.fnUntraced(function* (folder: string, wake: () => void) {
  return yield* Effect.acquireRelease(
    Effect.try({
      try: () => {
        const watcher = watch(folder, { persistent: false }, (event, name) => {
          if (event === "rename" && (name === null || interesting.test(name))) wake()
        })
        // The folder itself went away: the looks at intervals remain.
        watcher.on("error", wake)
        return watcher
      },
      catch: (cause) => new Cause.UnknownError(cause, `cannot watch ${folder}`)
    }),
    (watcher) => Effect.sync(() => void watcher.close())
  ).pipe(
    Effect.as(true),
    Effect.catch((cause) =>
      Effect.as(Effect.logDebug(`no watch on ${folder}, looking at short intervals instead`, cause), false)
    )
  )
})

/** The part of the `usb` package's native module that is used here. */
interface Emitter {
  readonly addAttach: (listener: () => void) => Promise<void>
  readonly removeAttach: () => Promise<void>
  readonly addDetach: (listener: () => void) => Promise<void>
  readonly removeDetach: () => Promise<void>
}

/**
 * Below `usb.addEventListener("connect")`, which has no way to tell of a failure: it throws out of a timer, and that
 * would end the process in the middle of an update.
 */
const loadEmitter = (): Emitter => {
  const require = createRequire(import.meta.url)
  const native = require("usb/index.js") as { readonly Emitter: new () => Emitter }
  return new native.Emitter()
}

const listenToUsb = (wake: () => void) =>
  Effect.acquireRelease(
    Effect.tryPromise(async () => {
      const emitter = loadEmitter()
      await emitter.addAttach(wake)
      await emitter.addDetach(wake)
      return emitter
    }),
    // Without this the native listener keeps the process from ending.
    (emitter) =>
      Effect.ignore(
        Effect.tryPromise(async () => {
          await emitter.removeAttach()
          await emitter.removeDetach()
        })
      )
  ).pipe(Effect.catch((cause) => Effect.logDebug("no events from the usb package", cause)))

/** Calls `wake` until the scope closes, whenever a device may have come, changed or gone; yields whether nodes are watched. */
export const listen = Effect.fn("hotplug.listen")(function* (
  wake: () => void
): Effect.fn.Return<boolean, never, Scope.Scope> {
  const { dev } = yield* Roots
  const watched = yield* watchNodes(dev, wake)
  // Loading it takes longer than the first look may: it joins when it is there.
  yield* Effect.forkScoped(Effect.andThen(listenToUsb(wake), Effect.never))
  return watched
})
