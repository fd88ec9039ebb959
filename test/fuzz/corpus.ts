/** The kept inputs of each target, in fixtures/fuzz: one per line, in hex or, where that is shorter, packed. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { dirname } from "node:path"
import { deflateRawSync, inflateRawSync } from "node:zlib"

const fileOf = (target: string): URL => new URL(`../../fixtures/fuzz/${target}/corpus.txt`, import.meta.url)

const encode = (input: Uint8Array): string => {
  const hex = Buffer.from(input).toString("hex")
  const packed = `deflate:${deflateRawSync(input, { level: 9 }).toString("base64")}`
  return hex.length <= packed.length ? `hex:${hex}` : packed
}

const decode = (line: string): Uint8Array => {
  const [form = "", body = ""] = line.split(":")
  const bytes = form === "hex" ? Buffer.from(body, "hex") : inflateRawSync(Buffer.from(body, "base64"))
  return new Uint8Array(bytes)
}

export const loadCorpus = (target: string): ReadonlyArray<Uint8Array> => {
  const file = fileOf(target)
  if (!existsSync(file)) return []
  return readFileSync(file, "utf8")
    .split("\n")
    .filter((line) => line !== "")
    .map(decode)
}

export const saveCorpus = (target: string, inputs: ReadonlyArray<Uint8Array>): void => {
  const file = fileOf(target)
  mkdirSync(dirname(file.pathname), { recursive: true })
  const lines = inputs.toSorted((a, b) => a.length - b.length || Buffer.compare(a, b)).map(encode)
  writeFileSync(file, `${lines.join("\n")}\n`)
}
