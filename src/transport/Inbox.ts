import type * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"

/**
 * Values for whoever waits for them, handed over in the same turn of the event loop: between two chunks of an image a
 * modem waits for us, and each turn more that an acknowledgement takes through a `Queue` is time in which it is idle.
 */
export interface Inbox<A, E> {
  readonly offer: (value: A) => void
  /** The end: what was offered can still be taken, then every take fails. Only the first one counts. */
  readonly fail: (cause: Cause.Cause<E>) => void
  readonly take: Effect.Effect<A, E>
  /** Throws away what nobody has taken. */
  readonly clear: () => void
  readonly size: () => number
}

/** Keeps the last `most` values that nobody takes. */
export const makeInbox = <A, E = never>(most: number = Number.POSITIVE_INFINITY): Inbox<A, E> => {
  const values: Array<A> = []
  const takers: Array<(value: Effect.Effect<A, E>) => void> = []
  let ended: Effect.Effect<never, E> | undefined
  const wait = Effect.callback<A, E>((resume) => {
    takers.push(resume)
    return Effect.sync(() => {
      const index = takers.indexOf(resume)
      if (index !== -1) takers.splice(index, 1)
    })
  })
  return {
    offer: (value) => {
      if (ended !== undefined) return
      const taker = takers.shift()
      if (taker !== undefined) return taker(Effect.succeed(value))
      values.push(value)
      if (values.length > most) values.shift()
    },
    fail: (cause) => {
      if (ended !== undefined) return
      ended = Effect.failCause(cause)
      for (const taker of takers.splice(0)) taker(ended)
    },
    take: Effect.suspend(() => (values.length > 0 ? Effect.succeed(values.shift()!) : (ended ?? wait))),
    clear: () => {
      values.length = 0
    },
    size: () => values.length
  }
}
