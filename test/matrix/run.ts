/**
 * `npm run matrix [-- WORD…]`: every update of the matrix, ended at every moment, by SIGKILL, by the modem's power and by all
 * power, and brought home by `recover` with the journal, with images in hand, and with nothing; prints a table. A case is an
 * exception where the modem does not end up on old or new firmware, online, with a preference that fits. WORD: only
 * scenarios whose names contain it.
 */
import * as Effect from "effect/Effect"
import * as TestClock from "effect/testing/TestClock"
import { distinct, means, run, scenarios, ways, whole } from "./scenarios.ts"

const row = (cells: ReadonlyArray<string | number>): string =>
  cells.map((cell, index) => (index === 0 ? String(cell).padEnd(44) : String(cell).padStart(10))).join("")

const virtual = <A, E>(effect: Effect.Effect<A, E>): Promise<A> =>
  Effect.runPromise(Effect.provide(effect, TestClock.layer()))

const words = process.argv.slice(2)
const wanted = scenarios.filter(({ name }) => words.every((word) => name.includes(word)))

console.log(row(["", "cases", "old", "new", "images", "exceptions"]))
let cases = 0
let exceptions = 0
for (const scenario of wanted) {
  const moments = distinct((await virtual(whole(scenario))).moments)
  for (const way of ways) {
    for (const by of means) {
      const counts = { old: 0, images: 0, bad: 0 }
      for (const moment of moments) {
        const { needsImages, old, recovery, wrong } = await virtual(run(scenario, moment, way, by))
        if (needsImages) counts.images++
        else if (old) counts.old++
        if (wrong.length > 0) {
          counts.bad++
          console.log(`  ${way} ${moment.what}, by ${by}: ${wrong.join(", ")} after ${recovery.join(", ")}`)
        }
      }
      const { bad, images, old } = counts
      const name = `${scenario.name}, ${way}, by ${by}`
      console.log(row([name, moments.length, old, moments.length - old - images, images, bad]))
      cases += moments.length
      exceptions += bad
    }
  }
}
console.log(`${String(cases)} cases, ${String(exceptions)} exceptions`)
process.exitCode = exceptions > 0 ? 1 : 0
