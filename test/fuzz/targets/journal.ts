/** The journal of a run: cut off anywhere by a power cut, or anything else under its name. */
import * as Result from "effect/Result"
import { encodeLine, readJournal } from "../../../src/journal/codec.ts"
import { outcomeOf } from "../../../src/journal/outcome.ts"
import { begunOf, bytesOf, entriesOf, stepStarted } from "../../support/journals.ts"
import { equal, hold, readable } from "../invariants.ts"
import type { Target } from "../Target.ts"

const entries = entriesOf(
  stepStarted("open"),
  { becomes: { _tag: "HalfWritten", image: "a.cwe", sent: 0, bytes: 5 } },
  { _tag: "Note", step: "open", detail: "täßé\u0000\n\u2028😀" },
  { _tag: "ImageProgress", image: "a.cwe", sent: 3, bytes: 5, bytesPerSecond: 1, secondsLeft: 2 }
)

export const journalTargets: ReadonlyArray<Target> = [
  {
    name: "journal",
    seeds: () => [bytesOf(begunOf(), entries), bytesOf(begunOf(), [])],
    tokens: [
      '"version":2',
      '"n":',
      "\n",
      '{"_tag":"Became","n":9,"at":1,"condition":',
      "null",
      "1e999",
      "[[[[",
      "\0\0\0\0"
    ],
    run: (input) => {
      const read = readJournal("j", input)
      readable(read)
      if (Result.isFailure(read)) return
      const { begun, damage, entries: sound, lost } = read.success
      outcomeOf(read.success)
      hold("gaps are counted", lost >= 0)
      hold(
        "numbers rise",
        sound.every(({ n }, at) => n > (sound[at - 1]?.n ?? begun.n))
      )
      hold("what was found is short", damage === undefined || damage.found.length <= 400)
      const again = readJournal("j", Buffer.concat([begun, ...sound].map(encodeLine)))
      equal("what is sound is read again", again, Result.succeed({ begun, entries: sound, lost, damage: undefined }))
    }
  }
]
