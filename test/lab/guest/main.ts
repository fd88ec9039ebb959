/**
 * `node main.mjs GROUP RESULTS [WORD…]`, in the guest: runs the cases of a group, or those whose names contain a word.
 * Host-made JavaScript: to take the types away under emulation costs seconds.
 */
import type { Group } from "./harness.ts"
import { runGroup } from "./harness.ts"

const [group = "", results = "", ...words] = process.argv.slice(2)
const { cases } = (await import(new URL(`${group}.mjs`, import.meta.url).href)) as { readonly cases: Group }
const wanted = words.length === 0 ? cases : cases.filter(({ name }) => words.some((word) => name.includes(word)))
await runGroup(group, wanted, results)
