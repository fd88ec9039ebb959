/**
 * Finding the AT port among those that may be one: all are asked at once, the first that identifies a modem is kept, the
 * others are let go. A deaf port costs nothing where another one answers.
 */
import * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Result from "effect/Result"
import * as Scope from "effect/Scope"
import { readIdentification } from "../protocol/at/replies/identification.ts"
import type { Identification } from "../protocol/at/replies/identification.ts"
import type { Connection } from "../transport/Connection.ts"
import type { TransportError } from "../transport/TransportError.ts"
import type { AtError } from "./AtError.ts"
import { atDeadline, openAtSession } from "./AtSession.ts"
import type { AtSession } from "./AtSession.ts"

export interface AtCandidate {
  /** For people, e.g. `ttyUSB2 (at)`. */
  readonly name: string
  readonly connect: Effect.Effect<Connection, TransportError, Scope.Scope>
}

/** What became of one port. */
export interface AtPortAnswer {
  readonly port: string
  /** One sentence, e.g. `EM7455`, or `no answer within 3 s`. */
  readonly answer: string
}

export interface AtFound {
  readonly session: AtSession
  readonly identification: Identification
}

export interface AtProbe {
  readonly found: AtFound | undefined
  readonly answers: ReadonlyArray<AtPortAnswer>
}

/** No modem has more serial functions; what comes after these is not asked. */
export const mostCandidates = 16

/** Right after it enumerated a port is silent for a while: the question is repeated (at.md §1). */
const repeated = Duration.seconds(1)

type Answer = { readonly _tag: "Full"; readonly found: AtFound } | { readonly _tag: "Other"; readonly text: string }

const other = (text: string): Answer => ({ _tag: "Other", text })

const errorText = (error: AtError | TransportError, patience: Duration.Duration): string => {
  if (error._tag === "AtError" && error.reason._tag === "NoAnswer") {
    const { heard } = error.reason
    return (
      `no answer within ${String(Duration.toSeconds(patience))} s` + (heard === undefined ? "" : `, but "${heard}"`)
    )
  }
  const text = error.message
  const prefix = `${error.endpoint}: `
  return text.startsWith(prefix) ? text.slice(prefix.length) : text
}

/** Echo on, so that late replies can be told from new ones; then who it is. A reduced parser says only `APP1` (at.md §1). */
const askOne = Effect.fnUntraced(function* (session: AtSession, until: number) {
  const left = Effect.map(Clock.currentTimeMillis, (now) => Duration.millis(Math.max(1, until - now)))
  for (;;) {
    const remaining = yield* left
    const first = yield* Effect.result(session.send("ATE1", Duration.min(repeated, remaining)))
    if (Result.isSuccess(first)) break
    const again = first.failure._tag === "AtError" && first.failure.reason._tag === "NoAnswer"
    if (!again || Duration.toMillis(remaining) <= Duration.toMillis(repeated)) return yield* first.failure
  }
  const { final, lines } = yield* session.send("ATI", Duration.max(repeated, yield* left))
  const identification = readIdentification(lines)
  if (final._tag === "Ok" && Result.isSuccess(identification)) {
    return { _tag: "Full", found: { session, identification: identification.success } } satisfies Answer
  }
  const said = lines.join(" / ").slice(0, 60)
  return other(`answers, but says no model: ${said === "" ? final._tag : said}`)
})

/**
 * Asks all candidates at once. Never fails: what is wrong with a port is its answer. The session that is found lives as
 * long as the scope; the others are closed, those that did not answer yet without being waited for.
 */
export const probeAtPorts = Effect.fn("AtProbe.probe")(function* (
  candidates: ReadonlyArray<AtCandidate>,
  patience: Duration.Duration = atDeadline
): Effect.fn.Return<AtProbe, never, Scope.Scope> {
  const outer = yield* Scope.Scope
  const started = yield* Clock.currentTimeMillis
  const until = started + Duration.toMillis(patience)
  const asked = candidates.slice(0, mostCandidates)
  const first = yield* Deferred.make<void>()
  let found: AtFound | undefined

  const told = new Map<number, string>()

  const fibers = yield* Effect.forEach(asked, (candidate, index) =>
    Effect.gen(function* () {
      const scope = yield* Scope.fork(outer)
      const answer = yield* openAtSession(candidate.connect).pipe(
        Effect.flatMap((session) => askOne(session, until)),
        Effect.timeoutOrElse({
          duration: Duration.sum(patience, repeated),
          orElse: () => Effect.succeed(other("could not be opened in time"))
        }),
        Effect.catch((error) => Effect.succeed(other(errorText(error, patience)))),
        Scope.provide(scope),
        Effect.onInterrupt(() => Scope.close(scope, Exit.void))
      )
      if (answer._tag === "Full" && found === undefined) {
        found = answer.found
        told.set(index, answer.found.identification.model)
        return yield* Deferred.succeed(first, undefined)
      }
      told.set(index, answer._tag === "Full" ? "answers too" : answer.text)
      yield* Scope.close(scope, Exit.void)
    }).pipe(Effect.forkIn(outer, { startImmediately: true }))
  )
  yield* Effect.raceFirst(
    Deferred.await(first),
    Effect.forEach(fibers, (fiber) => Fiber.await(fiber), { discard: true })
  )
  const seconds = ((yield* Clock.currentTimeMillis) - started) / 1000
  const answers = asked.map(({ name }, index): AtPortAnswer => ({
    port: name,
    answer: told.get(index) ?? `no answer in the ${String(seconds)} s that another port took`
  }))
  // Closing a port that takes nothing may take a second: nobody waits for it.
  yield* Effect.forkIn(
    Effect.forEach(fibers, (fiber, index) => (told.has(index) ? Effect.void : Fiber.interrupt(fiber)), {
      discard: true
    }),
    outer
  )
  return { found, answers }
})
