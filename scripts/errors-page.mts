/** Makes docs/errors.md from the error catalogues and the exit code table: `npm run docs`. */
import { writeFileSync } from "node:fs"
import { commandCatalogue } from "../src/cli/CommandError.ts"
import { exitCodes, exitOfCode } from "../src/cli/exit-codes.ts"
import { busCatalogue } from "../src/device/BusError.ts"
import { historyCatalogue } from "../src/journal/HistoryError.ts"
import { recoveryCatalogue } from "../src/recovery/RecoveryError.ts"
import { imageFileCatalogue } from "../src/file/ImageFileError.ts"
import { imageCatalogue } from "../src/image/ImageError.ts"
import { planCatalogue } from "../src/plan/PlanError.ts"
import { decodeCatalogue } from "../src/protocol/decode/decode.ts"
import { hexCatalogue } from "../src/protocol/hex.ts"
import type { Catalogue } from "../src/protocol/problem.ts"
import { mbimCodecCatalogue } from "../src/protocol/mbim/MbimCodecError.ts"
import { firmwareIdCatalogue } from "../src/protocol/qmi/firmware-id.ts"
import { qmiCodecCatalogue } from "../src/protocol/qmi/QmiCodecError.ts"
import { atCatalogue } from "../src/session/AtError.ts"
import { mbimCatalogue } from "../src/session/MbimError.ts"
import { qdlCatalogue } from "../src/session/QdlError.ts"
import { qmiCatalogue } from "../src/session/QmiError.ts"
import { serveCatalogue } from "../src/serve/ServeError.ts"
import { transportCatalogue } from "../src/transport/TransportError.ts"
import { flowCatalogue } from "../src/update/FlowError.ts"
import { journalCatalogue } from "../src/update/JournalError.ts"
import { lockCatalogue } from "../src/update/LockError.ts"

/** Every catalogue, in the order of the data's way, with the class whose reasons it holds. */
export const catalogues: ReadonlyArray<readonly [string, string, Catalogue<string>]> = [
  ["CommandError", "the command line", commandCatalogue],
  ["ImageFileError", "image files", imageFileCatalogue],
  ["ImageError", "images and image sets", imageCatalogue],
  ["PlanError", "images against a modem, before anything is sent", planCatalogue],
  ["FirmwareIdError", "names of firmware", firmwareIdCatalogue],
  ["BusError", "finding modems", busCatalogue],
  ["TransportError", "ports", transportCatalogue],
  ["QmiError", "the control port", qmiCatalogue],
  ["QmiCodecError", "bytes of the control port", qmiCodecCatalogue],
  ["MbimError", "the control port of a modem in MBIM mode", mbimCatalogue],
  ["MbimCodecError", "bytes of a control port in MBIM mode", mbimCodecCatalogue],
  ["AtError", "the AT port", atCatalogue],
  ["QdlError", "the boot loader", qdlCatalogue],
  ["FlowError", "the update as a whole", flowCatalogue],
  ["JournalError", "writing a run down", journalCatalogue],
  ["LockError", "one run at a time on one modem", lockCatalogue],
  ["HistoryError", "runs of the past", historyCatalogue],
  ["RecoveryError", "`boothold recover`", recoveryCatalogue],
  ["DecodeError", "`boothold decode`", decodeCatalogue],
  ["HexError", "bytes as text", hexCatalogue],
  ["ServeError", "`boothold simulate`", serveCatalogue]
]

/** `NeverAppeared` reads "never appeared". */
const words = (tag: string): string => tag.replace(/(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])/g, " ").toLowerCase()

const cell = (text: string): string => text.replaceAll("|", "\\|")

export const errorsPage = (): string => {
  const lines = [
    "# Errors and exit codes",
    "",
    "<!-- Made by `npm run docs` from the error classes: edit those. -->",
    "",
    "Every error has a stable code, one sentence that says what happened with the values at hand, and one sentence of help.",
    "An error of a run says besides in which state the modem is, and the exact command that goes on from there.",
    "Integrators get the same as data: `error.code`, `error.help`, `error.message`, and for `UpdateError` also",
    "`error.step`, `error.cause`, `error.condition` and `error.next`.",
    "A modem that is stuck: [recovery.md](recovery.md).",
    "",
    "## Exit codes",
    "",
    "| exit | when |",
    "| --- | --- |",
    ...Object.values(exitCodes).map(({ exit, meaning }) => `| ${String(exit)} | ${cell(meaning)} |`),
    "",
    "Whatever went wrong, when a run that was not interrupted leaves the modem in boot-and-hold, the exit code is " +
      `${String(exitCodes.transferFailed.exit)}.`,
    ""
  ]
  for (const [name, about, catalogue] of catalogues) {
    lines.push(`## ${name}: ${about}`, "", "| code | reason | what to do | exit |", "| --- | --- | --- | --- |")
    for (const [tag, { code, help }] of Object.entries(catalogue)) {
      lines.push(`| \`${code}\` | ${words(tag)} | ${cell(help)} | ${String(exitOfCode(code))} |`)
    }
    lines.push("")
  }
  return lines.join("\n")
}

if (process.argv[1] === new URL(import.meta.url).pathname) {
  writeFileSync(new URL("../docs/errors.md", import.meta.url), errorsPage())
}
