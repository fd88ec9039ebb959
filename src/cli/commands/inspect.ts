/** `boothold inspect FILE…`: what is in the files, whether they are good, and whether they go together. */
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import { Checksums } from "../../file/Checksums.ts"
import { scanSource } from "../../file/Image.ts"
import type { ImageFileError } from "../../file/ImageFileError.ts"
import { ImageFiles } from "../../file/ImageSource.ts"
import { pureChecksums } from "../../image/checksums.ts"
import { verdict } from "../../image/CweScanner.ts"
import { describeScan, describeSet, imageReport, setReport } from "../../image/describe.ts"
import type { ImageReport } from "../../image/describe.ts"
import type { FirmwareImage, Scan } from "../../image/FirmwareImage.ts"
import type { ImageError } from "../../image/ImageError.ts"
import type { ImageSet } from "../../image/ImageSet.ts"
import { makeSet } from "../../image/ImageSet.ts"
import { exitCodes, exitOfCode } from "../exit-codes.ts"
import { Screen } from "../Screen.ts"
import { plain, styleFor } from "../render/text.ts"

export interface InspectInput {
  readonly json: boolean
  readonly files: ReadonlyArray<string>
}

/** For files below this, loading the host's checksums takes longer than doing without them. */
const small = 256 * 1024

const look = (path: string): Effect.Effect<Result.Result<Scan, ImageFileError>> =>
  Effect.gen(function* () {
    const files = yield* ImageFiles
    const source = yield* files.open(path)
    const scan = scanSource(source)
    return yield* source.size < small ? Effect.provideService(scan, Checksums, pureChecksums) : scan
  }).pipe(Effect.scoped, Effect.result)

/** A file that cannot be read, in the form of one that was. */
const unreadable = (path: string, error: ImageFileError): ImageReport => ({
  name: path,
  ok: false,
  problems: [{ tag: error.reason._tag, code: error.code, message: error.message, help: error.help }],
  image: null
})

/** The set of several images that are all good by themselves. */
const setOf = (looked: ReadonlyArray<Result.Result<Scan, ImageFileError>>) => {
  if (looked.length < 2) return undefined
  const images: Array<FirmwareImage> = []
  for (const scan of looked) {
    if (Result.isFailure(scan)) return undefined
    const image = verdict(scan.success)
    if (Result.isFailure(image)) return undefined
    images.push(image.success)
  }
  return makeSet(images)
}

const verdictColor = (line: string, style: ReturnType<typeof styleFor>): string =>
  line.startsWith("  good:")
    ? style.good(line)
    : /^ {2}(refused|problem):/.test(line)
      ? style.bad(line)
      : /^\S/.test(line)
        ? style.bold(line)
        : line

const setProblem = (error: ImageError) => ({
  tag: error.reason._tag,
  code: error.code,
  message: error.message,
  help: error.help
})

/** Yields the exit code: that of the first file that is no good, else that of the set. */
export const inspect = Effect.fn("cli.inspect")(function* (input: InspectInput) {
  const looked = yield* Effect.forEach(input.files, look)
  const set: Result.Result<ImageSet, ImageError> | undefined = setOf(looked)
  const reports = looked.map((scan, index) =>
    Result.isSuccess(scan) ? imageReport(scan.success) : unreadable(input.files[index] ?? "", scan.failure)
  )
  const problems = [
    ...reports.flatMap((report) => report.problems),
    ...(set !== undefined && Result.isFailure(set) ? [setProblem(set.failure)] : [])
  ]
  if (input.json) {
    const value = {
      ok: problems.length === 0,
      images: reports,
      set: set !== undefined && Result.isSuccess(set) ? setReport(set.success) : null,
      setProblem: set !== undefined && Result.isFailure(set) ? setProblem(set.failure) : null
    }
    yield* Console.log(JSON.stringify(value, undefined, 2))
  } else {
    const style = styleFor((yield* Screen).colors)
    const blocks = looked.map((scan) =>
      Result.isSuccess(scan)
        ? describeScan(scan.success)
        : [plain(scan.failure.message), `    ${scan.failure.help}`, "  refused: it cannot be read"]
    )
    if (set !== undefined && Result.isSuccess(set)) blocks.push(describeSet(set.success))
    if (set !== undefined && Result.isFailure(set)) {
      blocks.push([plain(set.failure.message), `    ${set.failure.help}`, "  refused: these images do not go together"])
    }
    const lines = blocks.map((block) => block.map((line) => verdictColor(line, style)).join("\n"))
    yield* Console.log(lines.join("\n\n"))
  }
  const [first] = problems
  return first === undefined ? exitCodes.ok.exit : exitOfCode(first.code)
})
