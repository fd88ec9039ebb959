/** Makes docs/fidelity.md from the list of allowed differences: `npm run docs`. */
import { writeFileSync } from "node:fs"
import { allowedDifferences } from "../test/fidelity/licences.ts"

const cell = (text: string): string => text.replaceAll("|", "\\|")

const row = (...cells: ReadonlyArray<string>): string => `| ${cells.map(cell).join(" | ")} |`

const ports = { control: "Control port (QMI, also over MBIM)", at: "AT port", download: "Download port (QDL)" } as const

export const fidelityPage = (): string =>
  [
    "# The same bytes",
    "",
    "<!-- Made by `npm run docs` from test/fidelity/allowed-differences.json: edit that. -->",
    "",
    "A modem is bricked by one wrong byte, and there is no modem here. So the same simulated modem is updated twice with",
    "the same images, once by Debian's `qmi-firmware-update` and once by us, and everything that the two said to it is",
    "compared, message by message and byte by byte: HDLC frames with their flags and checksums, write headers, the data of",
    "every chunk, QMI messages with their TLVs in order, the MBIM messages around them, AT command lines. What differs must",
    "be in the list below, with the section of the protocol documents that licenses it; anything else is a failed test.",
    "",
    "- `npm test` compares the download port: `--update-download` through a pseudo terminal",
    "  (`test/upstream/update-download.test.ts`).",
    "- `npm run test:lab` compares whole updates through the kernel's own drivers, all ports ([lab](lab.md)).",
    "  `--update-download` of the reference ends with its reset, ours asks the modem afterwards what it runs: those two are",
    "  compared up to there.",
    "- Every licence must be needed by some case: one that no longer is fails the lab.",
    "",
    "## Left out of the comparison",
    "",
    row("what", "why", "source"),
    row("---", "---", "---"),
    ...allowedDifferences.freeNumbers.map(({ source, what, why }) => row(what, why, source)),
    "",
    "## Allowed differences",
    "",
    ...Object.entries(ports).flatMap(([port, title]) => {
      const here = allowedDifferences.allowed.filter((one) => one.port === port)
      return here.length === 0
        ? []
        : [
            `### ${title}`,
            "",
            row("difference", "messages", "at most", "why", "source"),
            row("---", "---", "---", "---", "---"),
            ...here.map(({ kind, names, source, times, why }) =>
              row(kind, names.join(", "), String(times), why, source)
            ),
            ""
          ]
    }),
    "`only theirs`: the reference says it and we do not; `only ours`: the other way round; `other bytes`: the same message",
    "with something else in it; `other order`: the same bytes earlier or later. `at most` is per update.",
    ""
  ].join("\n")

if (process.argv[1] === import.meta.filename) {
  writeFileSync(new URL("../docs/fidelity.md", import.meta.url), fidelityPage())
}
