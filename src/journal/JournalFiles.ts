/** Where journals are kept: files for boothold's user, memory for tests and browsers. One run, one file. */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { JournalError } from "../update/JournalError.ts"
import type { Owner } from "./entry.ts"
import type { HistoryError } from "./HistoryError.ts"

export interface JournalFile {
  /**
   * All of it or nothing; what has returned survives the end of this process, and, where it is `durable`, a power cut
   * as well.
   */
  readonly append: (bytes: Uint8Array, durable: boolean) => Effect.Effect<void, JournalError>
}

export class JournalFiles extends Context.Service<
  JournalFiles,
  {
    /** For people: the folder. */
    readonly where: string
    /** This process. */
    readonly owner: Owner
    readonly isAlive: (owner: Owner) => boolean
    /** A path that means the same in another process. */
    readonly absolute: (path: string) => string
    /** Ids, in no order; none where nothing was ever recorded. */
    readonly list: Effect.Effect<ReadonlyArray<string>, HistoryError>
    /** Fails with `TooLarge` instead of reading what is longer than a journal can be. */
    readonly read: (id: string) => Effect.Effect<Uint8Array, HistoryError>
    /** A new file, empty and durable, on a disk that has at least `room` bytes left for it. Closed with the scope. */
    readonly create: (id: string, room: number) => Effect.Effect<JournalFile, JournalError, Scope.Scope>
    readonly remove: (id: string) => Effect.Effect<void, HistoryError>
  }
>()("boothold/journal/JournalFiles") {}
