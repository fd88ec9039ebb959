/** Words, numbers and colours for people. */
import { styleText } from "node:util"

export interface Style {
  readonly bold: (text: string) => string
  readonly dim: (text: string) => string
  readonly good: (text: string) => string
  readonly warn: (text: string) => string
  readonly bad: (text: string) => string
  readonly accent: (text: string) => string
}

const plainStyle: Style = {
  bold: (text) => text,
  dim: (text) => text,
  good: (text) => text,
  warn: (text) => text,
  bad: (text) => text,
  accent: (text) => text
}

const style =
  (format: Parameters<typeof styleText>[0]) =>
  (text: string): string =>
    // Whether there are colours is decided once, for everything: see main.ts.
    styleText(format, text, { validateStream: false })

const colored: Style = {
  bold: style("bold"),
  dim: style("dim"),
  good: style("green"),
  warn: style("yellow"),
  bad: style(["bold", "red"]),
  accent: style("cyan")
}

export const styleFor = (colors: boolean): Style => (colors ? colored : plainStyle)

/** Names of files and answers of modems can hold anything, also terminal control sequences. */
export const plain = (text: string): string =>
  text.replace(
    /[\u0000-\u001f\u007f-\u009f]/g,
    (character) => `\\x${character.charCodeAt(0).toString(16).padStart(2, "0")}`
  )

/** `640 bytes`, `62.5 KiB`, `68.2 MiB`. */
export const bytesText = (bytes: number): string =>
  bytes < 1024
    ? `${String(bytes)} ${bytes === 1 ? "byte" : "bytes"}`
    : bytes < 1024 * 1024
      ? `${(bytes / 1024).toFixed(1)} KiB`
      : `${(bytes / 1024 / 1024).toFixed(1)} MiB`

/** `12 ms`, `0.4 s`, `12 s`, `4 min 05 s`, `1 h 02 min`. */
export const durationText = (millis: number): string => {
  if (millis < 100) return `${String(Math.round(millis))} ms`
  if (millis < 9_950) return `${(millis / 1000).toFixed(1)} s`
  const seconds = Math.round(millis / 1000)
  if (seconds < 60) return `${String(seconds)} s`
  const minutes = Math.floor(seconds / 60)
  if (minutes < 60) {
    const rest = seconds % 60
    return rest === 0 ? `${String(minutes)} min` : `${String(minutes)} min ${String(rest).padStart(2, "0")} s`
  }
  const rest = minutes % 60
  return `${String(Math.floor(minutes / 60))} h` + (rest === 0 ? "" : ` ${String(rest).padStart(2, "0")} min`)
}

/** Rows of a label and a text, texts under each other; rows without a text are left out. */
export const rows = (
  pairs: ReadonlyArray<readonly [label: string, text: string | undefined]>,
  style: Style = plainStyle,
  indent = "  "
): ReadonlyArray<string> => {
  const width = Math.max(...pairs.map(([label]) => label.length))
  return pairs.flatMap(([label, text]) =>
    text === undefined ? [] : [`${indent}${style.dim(label.padEnd(width))}  ${plain(text)}`]
  )
}
