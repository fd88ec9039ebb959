/** The transcripts of a lab run, pair by pair: what Debian's tool and ours said to the same modem with the same images. */
import { existsSync, readFileSync } from "node:fs"
import { join } from "node:path"
import type { CaseResult } from "../lab/results.ts"
import { compare, differenceText, judge, type Allowed } from "./compare.ts"
import { conversation, readTranscript } from "./conversation.ts"

const group = "fidelity"

export interface Compared {
  readonly name: string
  /** Only so many first stays on the bus, where one tool goes on when the other has ended. */
  readonly stays?: number
}

const said = (folder: string, tool: string, { name, stays = Infinity }: Compared) => {
  const path = join(folder, `${tool}-${name}.jsonl`)
  if (!existsSync(path)) return undefined
  return conversation(readTranscript(readFileSync(path, "utf8")).filter(({ enumeration }) => enumeration <= stays))
}

/**
 * One result for each named case, and, where these are `all` cases, one for the list itself: a licence that no case needs
 * is out of date.
 */
export const fidelityResults = (
  folder: string,
  cases: ReadonlyArray<Compared>,
  licences: ReadonlyArray<Allowed>,
  { all }: { readonly all: boolean }
): ReadonlyArray<CaseResult> => {
  const needed = new Set<string>()
  const result = (name: string, why: ReadonlyArray<string>): CaseResult => ({
    group,
    name,
    outcome: why.length === 0 ? "passed" : "failed",
    millis: 0,
    ...(why.length === 0 ? {} : { why: why.join("\n") })
  })
  const pairs = cases.map((one) => {
    const theirs = said(folder, "upstream", one)
    const ours = said(folder, "boothold", one)
    const title = `the same bytes: ${one.name}`
    if (theirs === undefined || ours === undefined) return result(title, ["a transcript is missing"])
    if (theirs.length === 0) return result(title, ["the transcript of the reference is empty"])
    const { forbidden, used } = judge(compare(theirs, ours), licences)
    for (const id of used.keys()) needed.add(id)
    return result(title, forbidden.map(differenceText))
  })
  if (!all) return pairs
  const idle = licences.filter(({ id }) => !needed.has(id)).map(({ id }) => `no case needs ${id}`)
  return [...pairs, result("every licence is needed", idle)]
}
