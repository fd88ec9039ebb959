/** Cases: many in one guest, one after the other, each with a deadline and a look at what it left behind. */
import { appendFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { performance } from "node:perf_hooks"
import { inventory, leftovers, sweep } from "./leftovers.ts"
import type { CaseResult } from "../results.ts"
import { CaseTools } from "./tools.ts"

export interface Case {
  readonly name: string
  readonly limitSeconds?: number
  /** Runs with `--all`, or by its name: what it shows is shown in virtual time too, and CI has a quarter of an hour. */
  readonly extended?: boolean
  /** Why it cannot run here; it then counts as skipped. */
  readonly skip?: string
  readonly body: (tools: CaseTools) => Promise<void>
}

/** The cases of one boot. */
export type Group = ReadonlyArray<Case>

const slug = (name: string) => name.replaceAll(/[^A-Za-z0-9]+/g, "-").slice(0, 80)

const withDeadline = async (seconds: number, body: Promise<void>): Promise<void> => {
  let timer: NodeJS.Timeout | undefined
  const deadline = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`the case took more than ${String(seconds)} s`)), seconds * 1000)
  })
  try {
    await Promise.race([body, deadline])
  } finally {
    clearTimeout(timer)
  }
}

/** Runs the cases; `results` gets one line of JSON per case as it ends, and the log of each. */
export const runGroup = async (group: string, cases: Group, results: string): Promise<void> => {
  mkdirSync(results, { recursive: true })
  const tell = (result: CaseResult) => {
    appendFileSync(join(results, `${group}.jsonl`), `${JSON.stringify(result)}\n`)
    console.log(
      `  ${group.padEnd(8)} ${result.outcome.padEnd(7)} ${(result.millis / 1000).toFixed(1).padStart(6)} s  ${result.name}`
    )
  }
  for (const { body, limitSeconds = 240, name, skip } of cases) {
    const from = performance.now()
    if (skip !== undefined) {
      tell({ group, name, outcome: "skipped", millis: 0, why: skip })
      continue
    }
    const before = inventory()
    const work = mkdtempSync(join(tmpdir(), "case-"))
    const tools = new CaseTools(work, results)
    const problems: Array<string> = []
    const attempt = async (act: () => Promise<void>) => {
      try {
        await act()
      } catch (error) {
        problems.push(error instanceof Error ? (error.stack ?? error.message) : String(error))
      }
    }
    await attempt(() => withDeadline(limitSeconds, body(tools)))
    await attempt(() => tools.finish(problems.length > 0))
    const left = await leftovers(before)
    problems.push(...left.map((what) => `left behind: ${what}`))
    await sweep(before)
    writeFileSync(join(results, `${group}-${slug(name)}.log`), `${[...tools.log, ...problems].join("\n")}\n`)
    rmSync(work, { recursive: true, force: true })
    tell({
      group,
      name,
      millis: Math.round(performance.now() - from),
      ...(problems.length === 0
        ? { outcome: "passed" }
        : { outcome: "failed", why: [...problems, ...tools.log].join("\n") })
    })
  }
}
