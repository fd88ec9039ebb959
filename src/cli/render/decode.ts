/** Decoded frames for people: every field with its place, and what is wrong. */
import type { DecodedFrame, DecodedValue } from "../../protocol/decode/Dissector.ts"
import type { Decoded } from "../../protocol/decode/decode.ts"
import { plain } from "./text.ts"
import type { Style } from "./text.ts"

const valueText = (value: DecodedValue): string => {
  if (typeof value === "string") return value
  if (typeof value !== "object" || value === null) return String(value)
  if (Array.isArray(value)) return (value as ReadonlyArray<DecodedValue>).map(valueText).join("; ")
  return Object.entries(value)
    .map(([name, inner]) => `${name} ${valueText(inner)}`)
    .join(", ")
}

const frameLines = (frame: DecodedFrame, style: Style): ReadonlyArray<string> => {
  const places = frame.fields.map(({ offset, size }) => `${String(offset)}+${String(size)}`)
  const placeWidth = Math.max(0, ...places.map((place) => place.length))
  const nameWidth = Math.max(0, ...frame.fields.map(({ name }) => name.length))
  return [
    `${style.bold(plain(frame.name))}  ${style.dim(`${String(frame.size)} bytes at ${String(frame.offset)}`)}`,
    ...frame.fields.map(
      ({ name, value }, index) =>
        `  ${style.dim((places[index] ?? "").padEnd(placeWidth))}  ${plain(name).padEnd(nameWidth)}  ${plain(valueText(value))}`
    ),
    ...frame.problems.map((problem) => `  ${style.bad("problem:")} ${plain(problem)}`)
  ]
}

export const decodedLines = (decoded: Decoded, style: Style): ReadonlyArray<string> => [
  `${decoded.protocol}${decoded.guessed ? " (by the look of the bytes)" : ""}, ${String(decoded.frames.length)} ${
    decoded.frames.length === 1 ? "frame" : "frames"
  }`,
  ...decoded.frames.flatMap((frame) => ["", ...frameLines(frame, style)])
]
