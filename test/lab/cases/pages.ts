/** The commands of our pages that are for real modems. */
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { root } from "../guest/tools.ts"

/** Words of each `$ boothold …` in the page's `console lab` blocks. */
export const labCommands = (page: string): ReadonlyArray<ReadonlyArray<string>> =>
  [...readFileSync(join(root(), page), "utf8").matchAll(/```console lab\n([\s\S]*?)```/g)].flatMap(([, block = ""]) =>
    [...block.matchAll(/^\$ boothold (.*)$/gm)].map(([, line = ""]) => line.split(" "))
  )
