/**
 * The life of a program that may be killed: it counts everything that the program does to modems and writes down, and from
 * one of these moments on the program is dead as by SIGKILL.
 */
import * as Effect from "effect/Effect"

/** Something the program does, in order; a write counts before, in its middle, and after. */
export interface Moment {
  readonly number: number
  readonly what: string
}

export interface Mortality {
  /** Everything that was done, in order. */
  readonly moments: ReadonlyArray<Moment>
  /** The program comes to something; it may never get past it. */
  readonly moment: (what: string) => Effect.Effect<void>
  readonly isDead: () => boolean
  /** Nothing of this program reaches anything any more. */
  readonly die: Effect.Effect<void>
  /** What the kernel does for a program that has died, e.g. closing its ports. */
  readonly atDeath: (effect: Effect.Effect<void>) => void
}

/** `at` is told of every moment as it comes; it may end the program by never returning. */
export const makeMortality = (at: (moment: Moment, mortality: Mortality) => Effect.Effect<void>): Mortality => {
  const moments: Array<Moment> = []
  const afterwards: Array<Effect.Effect<void>> = []
  let dead = false
  const mortality: Mortality = {
    moments,
    moment: (what) =>
      Effect.suspend(() => {
        if (dead) return Effect.void
        const here = { number: moments.length, what }
        moments.push(here)
        return at(here, mortality)
      }),
    isDead: () => dead,
    die: Effect.suspend(() => {
      dead = true
      return Effect.forEach(afterwards, (effect) => effect, { discard: true })
    }),
    atDeath: (effect) => void afterwards.push(effect)
  }
  return mortality
}
