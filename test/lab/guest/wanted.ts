/** Which cases of a group run: host and guest have to agree. */
import type { Case } from "./harness.ts"

/** Those whose names contain a word; without words, all that are not left to `--all`. */
export const casesWanted = (
  cases: ReadonlyArray<Case>,
  words: ReadonlyArray<string>,
  all: boolean
): ReadonlyArray<Case> =>
  words.length === 0
    ? cases.filter(({ extended = false }) => all || !extended)
    : cases.filter(({ name }) => words.some((word) => name.includes(word)))
