/** The transcripts of a lab run, pair by pair: what Debian's tool and ours said to the same modem with the same images. */
import { existsSync, readFileSync } from "node:fs"
import { join } from "node:path"
import type { CaseResult } from "../lab/results.ts"
import { compare, differenceText, judge, type Allowed } from "./compare.ts"
import { conversation, readTranscript } from "./conversation.ts"

const group = "fidelity"

const said = (folder: string, tool: string, name: string) => {
  const path = join(folder, `${tool}-${name}.jsonl`)
  return existsSync(path) ? conversation(readTranscript(readFileSync(path, "utf8"))) : undefined
}

/** One result for each named case, and one for the list itself: a licence that no case needs is out of date. */
export const fidelityResults = (
  folder: string,
  names: ReadonlyArray<string>,
  licences: ReadonlyArray<Allowed>
): ReadonlyArray<CaseResult> => {
  const needed = new Set<string>()
  const result = (name: string, why: ReadonlyArray<string>): CaseResult => ({
    group,
    name,
    outcome: why.length === 0 ? "passed" : "failed",
    millis: 0,
    ...(why.length === 0 ? {} : { why: why.join("\n") })
  })
  const pairs = names.map((name) => {
    const theirs = said(folder, "upstream", name)
    const ours = said(folder, "boothold", name)
    const title = `the same bytes: ${name}`
    if (theirs === undefined || ours === undefined) return result(title, ["a transcript is missing"])
    if (theirs.length === 0) return result(title, ["the transcript of the reference is empty"])
    const { forbidden, used } = judge(compare(theirs, ours), licences)
    for (const id of used.keys()) needed.add(id)
    return result(title, forbidden.map(differenceText))
  })
  const idle = licences.filter(({ id }) => !needed.has(id)).map(({ id }) => `no case needs ${id}`)
  return [...pairs, result("every licence is needed", idle)]
}
