/** docs/recovery.md taken apart: its blocks of commands, each on a modem in a state that the block names, and its tables. */
import { readFileSync } from "node:fs"

export const page = readFileSync(new URL("../../docs/recovery.md", import.meta.url), "utf8")

/** A command with the exit code and the lines that the page promises; or what somebody does to the modem by hand. */
export type Step =
  | {
      readonly _tag: "Command"
      readonly line: string
      readonly exit: number
      readonly prints: ReadonlyArray<string>
    }
  | { readonly _tag: "ByHand"; readonly what: string }

export interface Block {
  /** Undefined in a block whose commands bring their own modem. */
  readonly state: string | undefined
  readonly steps: ReadonlyArray<Step>
}

const stepsOf = (text: string): ReadonlyArray<Step> => {
  const steps: Array<Step> = []
  for (const line of text.split("\n").filter((one) => one !== "")) {
    const command = /^\$ boothold (.*?)(?:\s+# exit (\d+))?$/.exec(line)
    const last = steps.at(-1)
    if (command?.[1] !== undefined) {
      steps.push({ _tag: "Command", line: command[1], exit: Number(command[2] ?? 0), prints: [] })
    } else if (line.startsWith("# ")) steps.push({ _tag: "ByHand", what: line.slice(2) })
    else if (last?._tag === "Command") steps.splice(-1, 1, { ...last, prints: [...last.prints, line] })
    else throw new Error(`a line of output without a command: ${line}`)
  }
  return steps
}

export const blocks: ReadonlyArray<Block> = [...page.matchAll(/```console(?: (\S+))?\n([\s\S]*?)```/g)].map(
  ([, state, text = ""]) => ({ state, steps: stepsOf(text) })
)

/** Rows of the table whose head begins with this cell, cell by cell. */
export const tableOf = (head: string): ReadonlyArray<ReadonlyArray<string>> => {
  const lines = page.split("\n")
  const start = lines.findIndex((line) => line.startsWith(`| ${head}`))
  if (start === -1) throw new Error(`no table ${head}`)
  const rows: Array<ReadonlyArray<string>> = []
  for (let line = start + 2; lines[line]?.startsWith("|") === true; line++) {
    rows.push(
      (lines[line] ?? "")
        .split("|")
        .slice(1, -1)
        .map((cell) => cell.trim())
    )
  }
  return rows
}

export const idsIn = (text: string): ReadonlyArray<string> =>
  [...text.matchAll(/`([0-9a-f]{4}:[0-9a-f]{4})`/g)].map(([, ids]) => ids ?? "")

/** Commands that stand in sentences and tables, without `boothold`. */
export const spoken: ReadonlyArray<string> = [
  ...new Set([...page.replaceAll(/```[\s\S]*?```/g, "").matchAll(/`boothold ([^`]*)`/g)].map(([, line]) => line ?? ""))
]

export const wordsOf = (line: string): ReadonlyArray<string> => line.split(/\s+/)

/** Whether what was printed has this line: blanks are one, `…` stands for anything on the same line. */
export const hasLine = (printed: ReadonlyArray<string>, promised: string): boolean => {
  const plain = (text: string): string => text.trim().replaceAll(/\s+/g, " ")
  const pattern = plain(promised)
    .split("…")
    .map((part) => part.trim().replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`))
    .join(".*")
  const expression = new RegExp(`^${pattern}`)
  return printed.some((lines) => lines.split("\n").some((line) => expression.test(plain(line))))
}
