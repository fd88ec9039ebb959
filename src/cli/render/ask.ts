/** A question on the terminal, answered with yes or no. */
import * as NodeTerminal from "@effect/platform-node/NodeTerminal"
import * as Prompt from "effect/cli/Prompt"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"
import * as Path from "effect/Path"
import { refuse } from "../CommandError.ts"

/** Prompts about files would need the first two; this one does not. */
const services = Layer.mergeAll(FileSystem.layerNoop({}), Path.layer, NodeTerminal.layer)

/** No is the answer to a bare Enter; Ctrl+C breaks off. */
export const ask = (question: string) =>
  Prompt.run(Prompt.Confirm({ message: question, initial: false })).pipe(
    // The question stands on an open line.
    Effect.tapError(() => Console.log("")),
    Effect.mapError(() => refuse({ _tag: "Cancelled" })),
    Effect.provide(services)
  )
