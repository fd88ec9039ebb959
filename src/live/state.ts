/** Everything that outlives a run, in one folder: journals of runs, and locks of modems. */
import * as Layer from "effect/Layer"
import { join } from "node:path"
import { History } from "../journal/history.ts"
import { JournalFiles } from "../journal/JournalFiles.ts"
import { journalLayer } from "../journal/recorder.ts"
import { ModemLock } from "../update/ModemLock.ts"
import { journalFolder } from "./JournalFolder.ts"
import { lockFolder } from "./LockFolder.ts"
import { thisProcess } from "./owner.ts"

/** Runs of the past in this folder. It need not exist. */
export const historyIn = (folder: string, program?: string): Layer.Layer<History> =>
  History.layer.pipe(
    Layer.provide(Layer.sync(JournalFiles, () => journalFolder(join(folder, "runs"), thisProcess(program))))
  )

/**
 * Runs are written down in this folder, and have their modem to themselves among all that use the same folder. `program`
 * is what others are told of this process; by default the name of its script.
 */
export const stateIn = (folder: string, program?: string) =>
  Layer.mergeAll(
    journalLayer.pipe(
      Layer.provideMerge(History.layer),
      Layer.provide(Layer.sync(JournalFiles, () => journalFolder(join(folder, "runs"), thisProcess(program))))
    ),
    Layer.sync(ModemLock, () => lockFolder(join(folder, "locks"), thisProcess(program)))
  )
