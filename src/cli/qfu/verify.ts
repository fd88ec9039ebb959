/** `--verify`: what is known of each image file by itself, and whether it is good; files need not belong together. */
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import { scanFile } from "../../file/Image.ts"
import { describeScan, imageReport } from "../../image/describe.ts"
import type { ImageReport } from "../../image/describe.ts"
import { exitCodes, exitOfCode } from "../exit-codes.ts"
import { plain } from "../render/text.ts"
import type { Log } from "./log.ts"

/** As the boot loader is sent it (images.md §5). */
const chunk = 1_048_576

/** What a script may look for: how it would be sent, and the three versions, also where the image tells none. */
const factLines = (image: NonNullable<ImageReport["image"]>): ReadonlyArray<string> => {
  const { carrier, config, firmware } = image.values
  const chunks = Math.ceil(image.payloadSize / chunk)
  return [
    `  versions     firmware ${firmware.value ?? "n/a"}, config ${config.value ?? "n/a"}, carrier ${carrier.value ?? "n/a"}`,
    `  sent as      ${String(image.headerSize)} bytes of header, ${String(image.payloadSize)} bytes of data ` +
      `in ${String(chunks)} ${chunks === 1 ? "chunk" : "chunks"} of at most ${String(chunk)} bytes`
  ].map(plain)
}

const verifyOne = Effect.fnUntraced(function* (path: string, log: Log | undefined) {
  const { scan } = yield* scanFile(path)
  const report = imageReport(scan)
  // Of what is no firmware there is nothing to show.
  if (report.image !== null) {
    const [head = "", ...rest] = describeScan(scan)
    yield* Console.log([head, ...factLines(report.image), ...rest, ""].join("\n"))
  }
  if (log !== undefined) yield* log.note(`image ${JSON.stringify(report)}`)
  for (const { message } of report.problems) yield* Console.error(`error: ${plain(`${path}: ${message}`)}`)
  const [first] = report.problems
  return first === undefined ? exitCodes.ok.exit : exitOfCode(first.code)
})

/** Yields the exit code of the first file that is no good. */
export const verify = Effect.fn("qfu.verify")(function* (files: ReadonlyArray<string>, log: Log | undefined) {
  const codes = yield* Effect.forEach(files, (path) =>
    verifyOne(path, log).pipe(
      Effect.scoped,
      Effect.catch((error) => Effect.as(Console.error(`error: ${plain(error.message)}`), exitOfCode(error.code)))
    )
  )
  return codes.find((code) => code !== exitCodes.ok.exit) ?? exitCodes.ok.exit
})
