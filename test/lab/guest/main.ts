/**
 * `node main.mjs GROUP RESULTS [--all] [WORD…]`, in the guest: runs the cases of a group, or those whose names contain a word.
 * Host-made JavaScript: to take the types away under emulation costs seconds.
 */
import type { Group } from "./harness.ts"
import { runGroup } from "./harness.ts"
import { casesWanted } from "./wanted.ts"

const [group = "", results = "", ...rest] = process.argv.slice(2)
const words = rest.filter((word) => word !== "--all")
const { cases } = (await import(new URL(`${group}.mjs`, import.meta.url).href)) as { readonly cases: Group }
await runGroup(group, casesWanted(cases, words, words.length < rest.length), results)
