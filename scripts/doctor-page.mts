/** Makes the table of docs/doctor.md from the catalogue of findings: `npm run docs`. */
import { readFileSync, writeFileSync } from "node:fs"
import { doctorCatalogue } from "../src/doctor/Finding.ts"

const path = new URL("../docs/doctor.md", import.meta.url)
const [begin, end] = ["<!-- findings: made by `npm run docs` -->", "<!-- end of findings -->"] as const

const table = (): string =>
  [
    "| code | severity | found when | what helps |",
    "| --- | --- | --- | --- |",
    ...Object.values(doctorCatalogue).map(
      (kind) =>
        `| \`${kind.code}\` | ${kind.severities.join(", ")} | ${kind.when} | ${"cure" in kind ? kind.cure : ""} |`
    )
  ].join("\n")

/** The page with its table as it should be; the rest is written by hand. */
export const doctorPage = (page: string): string => {
  const from = page.indexOf(begin)
  const to = page.indexOf(end)
  if (from === -1 || to < from) throw new Error("docs/doctor.md has no place for the table of findings")
  return `${page.slice(0, from + begin.length)}\n\n${table()}\n\n${page.slice(to)}`
}

if (process.argv[1] === new URL(import.meta.url).pathname) writeFileSync(path, doctorPage(readFileSync(path, "utf8")))
