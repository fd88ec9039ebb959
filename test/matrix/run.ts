/**
 * `npm run matrix`: every update of the matrix, ended at every moment, by SIGKILL and by power; prints a table. A case is
 * an exception where the modem does not end up on the old or new firmware, online, with a preference that fits.
 */
import * as Effect from "effect/Effect"
import * as TestClock from "effect/testing/TestClock"
import type { Way } from "./kill.ts"
import { distinct, run, scenarios, whole } from "./scenarios.ts"

const row = (cells: ReadonlyArray<string | number>): string =>
  cells.map((cell, index) => (index === 0 ? String(cell).padEnd(28) : String(cell).padStart(10))).join("")

const virtual = <A, E>(effect: Effect.Effect<A, E>): Promise<A> =>
  Effect.runPromise(Effect.provide(effect, TestClock.layer()))

console.log(row(["", "cases", "update", "download", "programs", "exceptions"]))
let cases = 0
let exceptions = 0
for (const scenario of scenarios) {
  const moments = distinct((await virtual(whole(scenario))).moments)
  for (const way of ["killed", "power cut"] satisfies ReadonlyArray<Way>) {
    let byUpdate = 0
    let programs = 0
    let bad = 0
    for (const moment of moments) {
      const { recovery, wrong } = await virtual(run(scenario, moment, way))
      programs = Math.max(programs, recovery.length)
      if (recovery.at(-1)?.startsWith("update") === true) byUpdate++
      if (wrong.length > 0) {
        bad++
        console.log(`  ${way} ${moment.what}: ${wrong.join(", ")} after ${recovery.join(", ")}`)
      }
    }
    console.log(row([`${scenario.name}, ${way}`, moments.length, byUpdate, moments.length - byUpdate, programs, bad]))
    cases += moments.length
    exceptions += bad
  }
}
console.log(`${String(cases)} cases, ${String(exceptions)} exceptions`)
process.exitCode = exceptions > 0 ? 1 : 0
