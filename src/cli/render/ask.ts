/** A question on the terminal, answered with yes or no. */
import * as NodeServices from "@effect/platform-node/NodeServices"
import * as Prompt from "effect/cli/Prompt"
import * as Effect from "effect/Effect"
import { refuse } from "../CommandError.ts"

/** No is the answer to a bare Enter; Ctrl+C breaks off. */
export const ask = (question: string) =>
  Prompt.run(Prompt.Confirm({ message: question, initial: false })).pipe(
    Effect.catch(() => Effect.fail(refuse({ _tag: "Cancelled" }))),
    Effect.provide(NodeServices.layer)
  )
