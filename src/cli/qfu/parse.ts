/**
 * Words to options, as the parser of that program understands them; seen on its binary (test/upstream/qfu.test.ts holds
 * both against each other), and not what `parseArgs` does: letters may be combined, and one of them may take a value,
 * but the value is always the next word (`-ud 1199:9071`; `-d1199:9071` is no option); long names are never shortened;
 * `=…` behind a switch is ignored; options and files mix, and `--` ends the options. Pure.
 */
import * as Result from "effect/Result"
import { byLong, byShort } from "./options.ts"
import type { OptionKey } from "./options.ts"

export interface Parsed {
  readonly switches: ReadonlySet<OptionKey>
  /** The last one counts, where an option is given twice. */
  readonly values: ReadonlyMap<OptionKey, string>
  readonly files: ReadonlyArray<string>
}

/** What is wrong with the words, in one sentence. */
export type Detail = string

export const parse = (words: ReadonlyArray<string>): Result.Result<Parsed, Detail> => {
  const switches = new Set<OptionKey>()
  const values = new Map<OptionKey, string>()
  const files: Array<string> = []
  let at = 0
  const long = (word: string): Detail | undefined => {
    const cut = word.indexOf("=")
    const found = byLong.get(cut === -1 ? word.slice(2) : word.slice(2, cut))
    if (found === undefined) return `unknown option ${word}`
    if (found.option.value === undefined) switches.add(found.key)
    else {
      const value = cut === -1 ? words[++at] : word.slice(cut + 1)
      if (value === undefined) return `${word} takes a value: ${found.option.value}`
      values.set(found.key, value)
    }
    return undefined
  }
  const letters = (word: string): Detail | undefined => {
    let taken: string | undefined
    for (const letter of word.slice(1)) {
      const found = byShort.get(letter)
      if (found === undefined) return `unknown option ${word === `-${letter}` ? word : `-${letter} in ${word}`}`
      if (found.option.value === undefined) {
        switches.add(found.key)
        continue
      }
      if (taken !== undefined) return `${word}: both -${taken} and -${letter} take a value`
      const value = words[++at]
      if (value === undefined) return `-${letter} takes a value: ${found.option.value}`
      taken = letter
      values.set(found.key, value)
    }
    return undefined
  }
  for (; at < words.length; at++) {
    const word = words[at] ?? ""
    if (word === "--") {
      files.push(...words.slice(at + 1))
      break
    }
    if (word === "-" || !word.startsWith("-")) {
      files.push(word)
      continue
    }
    const problem = word.startsWith("--") ? long(word) : letters(word)
    if (problem !== undefined) return Result.fail(problem)
  }
  return Result.succeed({ switches, values, files })
}
