/** Makes docs/errors.md from the error catalogues and the exit code table: `npm run docs`. */
import { writeFileSync } from "node:fs"
import { commandCatalogue, CommandError } from "../src/cli/CommandError.ts"
import { exitCodes, exitOfCode } from "../src/cli/exit-codes.ts"
import { busCatalogue, BusError } from "../src/device/BusError.ts"
import { historyCatalogue, HistoryError } from "../src/journal/HistoryError.ts"
import { recoveryCatalogue, RecoveryError } from "../src/recovery/RecoveryError.ts"
import { imageFileCatalogue, ImageFileError } from "../src/file/ImageFileError.ts"
import { imageCatalogue, ImageError } from "../src/image/ImageError.ts"
import { planCatalogue, PlanError } from "../src/plan/PlanError.ts"
import { decodeCatalogue, DecodeError } from "../src/protocol/decode/decode.ts"
import { hexCatalogue, HexError } from "../src/protocol/hex.ts"
import type { Catalogue } from "../src/protocol/problem.ts"
import { mbimCodecCatalogue, MbimCodecError } from "../src/protocol/mbim/MbimCodecError.ts"
import { firmwareIdCatalogue, FirmwareIdError } from "../src/protocol/qmi/firmware-id.ts"
import { qmiCodecCatalogue, QmiCodecError } from "../src/protocol/qmi/QmiCodecError.ts"
import { atCatalogue, AtError } from "../src/session/AtError.ts"
import { mbimCatalogue, MbimError } from "../src/session/MbimError.ts"
import { qdlCatalogue, QdlError } from "../src/session/QdlError.ts"
import { qmiCatalogue, QmiError } from "../src/session/QmiError.ts"
import { serveCatalogue, ServeError } from "../src/serve/ServeError.ts"
import { transportCatalogue, TransportError } from "../src/transport/TransportError.ts"
import { flowCatalogue, FlowError } from "../src/update/FlowError.ts"
import { journalCatalogue, JournalError } from "../src/update/JournalError.ts"
import { lockCatalogue, LockError } from "../src/update/LockError.ts"
import { textsOf } from "./error-texts.mts"
import type { ErrorClass } from "./error-texts.mts"

/** Every catalogue, in the order of the data's way, with the class whose reasons it holds. */
export const catalogues: ReadonlyArray<readonly [ErrorClass & { readonly name: string }, string, Catalogue<string>]> = [
  [CommandError, "the command line", commandCatalogue],
  [ImageFileError, "image files", imageFileCatalogue],
  [ImageError, "images and image sets", imageCatalogue],
  [PlanError, "images against a modem, before anything is sent", planCatalogue],
  [FirmwareIdError, "names of firmware", firmwareIdCatalogue],
  [BusError, "finding modems", busCatalogue],
  [TransportError, "ports", transportCatalogue],
  [QmiError, "the control port", qmiCatalogue],
  [QmiCodecError, "bytes of the control port", qmiCodecCatalogue],
  [MbimError, "the control port of a modem in MBIM mode", mbimCatalogue],
  [MbimCodecError, "bytes of a control port in MBIM mode", mbimCodecCatalogue],
  [AtError, "the AT port", atCatalogue],
  [QdlError, "the boot loader", qdlCatalogue],
  [FlowError, "the update as a whole", flowCatalogue],
  [JournalError, "writing a run down", journalCatalogue],
  [LockError, "one run at a time on one modem", lockCatalogue],
  [HistoryError, "runs of the past", historyCatalogue],
  [RecoveryError, "`boothold recover`", recoveryCatalogue],
  [DecodeError, "`boothold decode`", decodeCatalogue],
  [HexError, "bytes as text", hexCatalogue],
  [ServeError, "`boothold simulate`", serveCatalogue]
]

const cell = (text: string): string => text.replaceAll("|", "\\|")

export const errorsPage = (): string => {
  const lines = [
    "# Errors and exit codes",
    "",
    "<!-- Made by `npm run docs` from the error classes: edit those. -->",
    "",
    "Every error has a stable code, one sentence that says what happened with the values at hand, and one sentence of help.",
    "Below, words in capitals stand for these values.",
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
  for (const [errors, about, catalogue] of catalogues) {
    const texts = textsOf(errors)
    lines.push(
      `## ${errors.name}: ${about}`,
      "",
      "| code | what happened | what to do | exit |",
      "| --- | --- | --- | --- |"
    )
    for (const [tag, { code, help }] of Object.entries(catalogue)) {
      lines.push(`| \`${code}\` | ${cell(texts.get(tag) ?? "")} | ${cell(help)} | ${String(exitOfCode(code))} |`)
    }
    lines.push("")
  }
  return lines.join("\n")
}

if (process.argv[1] === new URL(import.meta.url).pathname) {
  writeFileSync(new URL("../docs/errors.md", import.meta.url), errorsPage())
}
