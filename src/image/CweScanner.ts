/**
 * Reads an image file once from front to back, in chunks of any size, and finds its whole tree of parts, all CRCs of
 * all levels and the SHA-256 (images.md §2, §3). Pure and synchronous; memory is one header and one entry per part,
 * time is linear in the file whatever the nesting.
 *
 * The result is a {@link Scan}: what was seen, and everything that is wrong with it, so that a damaged file can still
 * be shown. {@link verdict} turns it into an image that may be sent, or into the first error. {@link parse} does both.
 */
import * as Result from "effect/Result"
import type { Checksums } from "./checksums.ts"
import { pureChecksums } from "./checksums.ts"
import { rangeCrc } from "./crc32.ts"
import type { CweHeader } from "./CweHeader.ts"
import { HeaderSize, isTypeCode, KnownRevision, MiscOption, Offset } from "./CweHeader.ts"
import type { CrcCheck, CwePart, FirmwareImage, ImageNote, Scan, ScannedImage } from "./FirmwareImage.ts"
import { partsOf, QdlType } from "./FirmwareImage.ts"
import type { ImageReason } from "./ImageError.ts"
import { describeReason, hex, hex32, ImageError } from "./ImageError.ts"
import { AmssTrailer, judge, kindOf, looksLike, roleOf } from "./recognise.ts"
import { findValues } from "./values.ts"

export interface ScanLimits {
  /** Levels of nesting, the outermost counted. Real images have up to five; the reference recurses until it crashes (Q4). */
  readonly maxDepth: number
  readonly maxParts: number
  /** Size of the file: the length field of QDL Open has 32 bits (qdl.md §3.4). */
  readonly maxBytes: number
}

export const defaultLimits: ScanLimits = { maxDepth: 8, maxParts: 4096, maxBytes: 0xffffffff }

export interface ScanOptions {
  readonly checksums?: Checksums
  readonly limits?: Partial<ScanLimits>
}

export interface Scanner {
  /** The next bytes of the file, which are not kept. False once the rest cannot change the outcome: stop reading. */
  readonly push: (chunk: Uint8Array) => boolean
  /** Call once, after the last chunk. */
  readonly finish: () => Scan
}

/** A part whose end was not reached yet. */
interface OpenPart {
  readonly id: string
  readonly offset: number
  readonly end: number
  readonly header: CweHeader
  readonly psbCrc: CrcCheck
  /** CRC register where the content begins. */
  readonly before: number
  readonly children: Array<CwePart>
  /** Where the next child would begin. */
  next: number
  /** False once something other than a part was met. */
  nests: boolean
}

/** `size` is what the file system says; a file that turns out to have another one is refused. */
export const makeScanner = (file: { readonly name: string; readonly size: number } & ScanOptions): Scanner => {
  const { name, size } = file
  const limits = { ...defaultLimits, ...file.limits }
  const checksums = file.checksums ?? pureChecksums
  const kind = kindOf(name)
  const sha256 = checksums.sha256()
  const problems: Array<ImageReason> = []
  const notes: Array<ImageNote> = []
  const head = new Uint8Array(HeaderSize)
  const stack: Array<OpenPart> = []
  let headerBytes: Uint8Array | undefined
  let root: CwePart | undefined
  let parts = 0
  let position = 0
  let filled = 0
  /** zlib's value; the register of the image CRC is its complement. */
  let crc = 0
  let mode: "header" | "content" | "after" | "refused" = "header"
  /** A function, since the compiler does not see that calls change the mode. */
  const is = (wanted: typeof mode): boolean => mode === wanted

  const refuse = (reason: ImageReason) => {
    problems.push(reason)
    mode = "refused"
  }

  if (size > limits.maxBytes) {
    const wanted = `at most ${String(limits.maxBytes)} bytes`
    refuse({ _tag: "TooLarge", part: "0", offset: 0, field: "file size", wanted, found: `${String(size)} bytes` })
  }

  /** Ends the innermost part at `end`, which is where the file broke off if that is earlier. */
  const close = (open: OpenPart, end: number) => {
    const { children, header, id, next, offset, psbCrc } = open
    const start = offset + HeaderSize
    const complete = end === open.end
    const computed = complete ? rangeCrc(open.before, ~crc >>> 0, end - start) : undefined
    const ok = computed === header.imageCrc
    if (computed !== undefined && !ok && header.imageSize > 0) {
      problems.push({
        _tag: "ImageCrcMismatch",
        part: `${id} (${header.type})`,
        offset: offset + Offset.imageCrc,
        field: `CRC of ${hex(start)}..${hex(end)}`,
        wanted: hex32(header.imageCrc),
        found: hex32(computed)
      })
    }
    const tail = end - next
    if (complete && children.length > 0 && tail > 0) {
      notes.push({
        part: id,
        offset: next,
        text: `${String(tail)} bytes behind the last part inside are no part; they are sent as they are`
      })
    }
    const part: CwePart = {
      id,
      offset,
      size: end - offset,
      header,
      psbCrc,
      imageCrc: { stored: header.imageCrc, computed, ok },
      children,
      payload: { offset: next, size: tail }
    }
    const parent = stack.at(-1)
    if (parent === undefined) {
      root = part
      return
    }
    parent.children.push(part)
    parent.next = end
  }

  /** Decides what the next byte belongs to. */
  const advance = () => {
    for (;;) {
      const top = stack.at(-1)
      if (top === undefined) {
        mode = "after"
        return
      }
      if (position === top.end) {
        stack.pop()
        close(top, position)
        continue
      }
      // A part is a header and at least one byte.
      top.nests &&= top.end - position > HeaderSize
      mode = top.nests ? "header" : "content"
      filled = 0
      return
    }
  }

  /** 400 bytes at the place of a header are in: part of the tree, or payload. */
  const enter = () => {
    const parent = stack.at(-1)
    const offset = position - HeaderSize
    const id = parent === undefined ? "0" : `${parent.id}.${String(parent.children.length)}`
    const judged = judge(head)
    const payload = () => {
      if (parent !== undefined) parent.nests = false
      advance()
    }
    if (judged._tag === "payload") {
      if (parent !== undefined) return payload()
      const found = [...head.subarray(0, 8)].map((byte) => byte.toString(16).padStart(2, "0").toUpperCase()).join(" ")
      const common = { part: "0", offset: 0, field: "header", wanted: "a CWE header", found }
      return refuse({ _tag: "NotFirmware", ...common, looksLike: looksLike(head) })
    }
    const type = judged._tag === "unreadable" ? "?" : judged.header.type
    const part = `${id} (${type})`
    if (judged.psbCrc !== (judged._tag === "unreadable" ? judged.stored : judged.header.psbCrc)) {
      const stored = judged._tag === "unreadable" ? judged.stored : judged.header.psbCrc
      const common = { part, offset: offset + Offset.psbCrc, field: "CRC of the product specific buffer" }
      problems.push({ _tag: "PsbCrcMismatch", ...common, wanted: hex32(stored), found: hex32(judged.psbCrc) })
    }
    if (judged._tag === "unreadable") {
      const { fault } = judged
      const field = fault._tag === "BadText" ? fault.field : "header"
      const at = offset + (fault._tag === "BadText" ? fault.offset : 0)
      const wanted = "printable ASCII, then zeros"
      const reason = { _tag: "BadText", part, offset: at, field, wanted, found: hex(fault.found) } as const
      if (parent === undefined) return refuse(reason)
      problems.push(reason)
      return payload()
    }
    const { header } = judged
    const end = position + header.imageSize
    const announced = { part, offset: offset + Offset.imageSize, field: "image size" }
    if (header.imageSize === 0) {
      problems.push({ _tag: "EmptyImage", ...announced, wanted: "at least 1 byte", found: "0 bytes" })
      if (parent !== undefined) return payload()
    }
    if (parent !== undefined) {
      if (end > parent.end) {
        const wanted = `at most ${String(parent.end - position)} bytes, the rest of part ${parent.id}`
        problems.push({ _tag: "PartExceedsParent", ...announced, wanted, found: `${String(header.imageSize)} bytes` })
        return payload()
      }
      if (stack.length >= limits.maxDepth) {
        const wanted = `at most ${String(limits.maxDepth)} levels`
        problems.push({
          _tag: "TooDeep",
          part,
          offset,
          field: "header",
          wanted,
          found: `level ${String(stack.length + 1)}`
        })
        return payload()
      }
      if (parts >= limits.maxParts) {
        const wanted = `at most ${String(limits.maxParts)} parts`
        problems.push({ _tag: "TooManyParts", part, offset, field: "header", wanted, found: "one more" })
        for (const open of stack) open.nests = false
        return payload()
      }
    } else if (end !== size) {
      const bytes = { wanted: `${String(end)} bytes in the file`, found: `${String(size)} bytes` }
      const where = { ...announced, offset: Math.min(end, size), field: "end of the file" }
      problems.push({ _tag: end > size ? "Truncated" : "TrailingBytes", ...where, ...bytes })
    }
    headerBytes ??= head.slice()
    parts += 1
    noteOddities(notes, id, offset, header)
    stack.push({
      id,
      offset,
      end,
      header,
      psbCrc: { stored: header.psbCrc, computed: judged.psbCrc, ok: judged._tag === "part" },
      before: ~crc >>> 0,
      children: [],
      next: position,
      nests: true
    })
    advance()
  }

  /** A Gobi image is told by its name alone; what is certainly something else is refused all the same. */
  const checkGobi = () => {
    const bytes = head.subarray(0, filled)
    const found = looksLike(bytes)
    const common = { part: "0", offset: 0, field: "content" }
    if (judge(bytes)._tag === "part") {
      refuse({ _tag: "Misnamed", ...common, wanted: `a Gobi image under the name ${name}`, found: "a CWE image" })
    } else if (found !== "unknown" && found !== "short" && found !== "elf" && found !== "empty") {
      refuse({ _tag: "NotFirmware", ...common, wanted: "a Gobi image", found, looksLike: found })
    }
  }

  const push = (chunk: Uint8Array): boolean => {
    if (mode === "refused") return false
    sha256.update(chunk)
    if (is("after")) position += chunk.length
    for (let at = 0; at < chunk.length && mode !== "after";) {
      const left = chunk.length - at
      const open = stack.at(-1)
      const wanted = mode === "header" ? HeaderSize - filled : (open?.end ?? Infinity) - position
      const take = Math.min(left, wanted)
      const bytes = take === chunk.length ? chunk : chunk.subarray(at, at + take)
      if (kind === "cwe") crc = checksums.crc32(bytes, crc)
      at += take
      position += take
      if (mode === "header") {
        head.set(bytes, filled)
        filled += take
        if (filled < HeaderSize) continue
        if (kind === "cwe") {
          enter()
        } else {
          mode = "after"
          checkGobi()
        }
        if (is("refused")) return false
        if (is("after")) position += chunk.length - at
      } else if (take === wanted) {
        advance()
        if (is("after")) position += chunk.length - at
      }
    }
    return true
  }

  const finish = (): Scan => {
    if (is("refused")) return { name, image: undefined, problems }
    if (position !== size) {
      const found = `${String(position)} bytes`
      problems.unshift({
        _tag: "SizeChanged",
        part: "0",
        offset: position,
        field: "file size",
        wanted: `${String(size)} bytes`,
        found
      })
    }
    if (kind !== "cwe" && filled < HeaderSize) checkGobi()
    if (is("refused")) return { name, image: undefined, problems }
    if (kind === "cwe" && headerBytes === undefined) {
      const looks = looksLike(head.subarray(0, filled))
      const common = { part: "0", offset: filled, field: "header", wanted: `${String(HeaderSize)} bytes` }
      problems.push({ _tag: "NotFirmware", ...common, found: `${String(filled)} bytes`, looksLike: looks })
      return { name, image: undefined, problems }
    }
    // Whatever is still open was cut off by the end of the file.
    for (let open = stack.pop(); open !== undefined; open = stack.pop()) close(open, position)
    const headerSize = headerBytes?.length ?? 0
    const payloadSize = position - headerSize - (kind === "amss-modem" ? AmssTrailer : 0)
    if (kind !== "cwe" && payloadSize <= 0) {
      const wanted = `more than ${String(position - payloadSize)} bytes`
      problems.push({
        _tag: "EmptyImage",
        part: "0",
        offset: position,
        field: "file size",
        wanted,
        found: `${String(position)} bytes`
      })
    }
    const all = partsOf(root)
    const found = findValues(name, root)
    problems.push(...found.problems)
    const products = new Map<string, string>()
    for (const part of all) {
      const key = part.header.product.toUpperCase()
      if (key !== "" && !products.has(key)) products.set(key, part.header.product)
    }
    if (products.size > 1)
      notes.push({ text: `parts name different products: ${[...products.values()].slice(0, 8).join(", ")}` })
    const role = kind === "cwe" ? roleOf(all.map((part) => part.header.type)) : "system"
    if (role === undefined) notes.push({ text: "no part tells what this image does; it is taken for a system image" })
    const image: ScannedImage = {
      name,
      kind,
      size: position,
      sha256: sha256.digestHex(),
      qdlType: QdlType[kind],
      headerBytes: headerBytes ?? new Uint8Array(0),
      payloadOffset: headerSize,
      payloadSize: Math.max(0, payloadSize),
      root,
      values: found.values,
      role: role ?? "system",
      products: [...products.values()],
      notes: [...notes, ...found.notes]
    }
    return { name, image, problems }
  }

  return { push, finish }
}

const noteOddities = (notes: Array<ImageNote>, part: string, offset: number, header: CweHeader) => {
  const note = (text: string) => notes.push({ part, offset, text })
  if (!isTypeCode(header.type)) note(`the type ${JSON.stringify(header.type)} is not known here`)
  if (header.revision !== KnownRevision)
    note(`header revision ${String(header.revision)}, all known images have ${String(KnownRevision)}`)
  if ((header.miscOptions & MiscOption.encrypted) !== 0) note("marked as encrypted")
  if ((header.miscOptions & MiscOption.delta) !== 0) note("marked as a delta: it needs a certain firmware below it")
}

export interface VerdictOptions {
  /** Contradictory versions become notes and the first source wins. */
  readonly ignoreVersionErrors?: boolean
}

/** The image that may be sent, or the first problem. */
export const verdict = (scan: Scan, options: VerdictOptions = {}): Result.Result<FirmwareImage, ImageError> => {
  const { image, name, problems } = scan
  const ignored = (reason: ImageReason) => options.ignoreVersionErrors === true && reason._tag === "SourcesDisagree"
  const reason = problems.find((problem) => !ignored(problem))
  if (reason !== undefined) return Result.fail(new ImageError({ file: name, reason }))
  if (image === undefined) {
    const place = { part: "0", offset: 0, field: "header", wanted: "a CWE header", found: "nothing" }
    return Result.fail(new ImageError({ file: name, reason: { _tag: "NotFirmware", ...place, looksLike: "unknown" } }))
  }
  const notes = [...image.notes, ...problems.map((problem) => ({ text: `ignored: ${describeReason(problem)}` }))]
  return Result.succeed({ ...image, notes, verified: true })
}

/** Scans bytes in memory. */
export const scan = (name: string, bytes: Uint8Array, options: ScanOptions = {}): Scan => {
  const scanner = makeScanner({ ...options, name, size: bytes.length })
  scanner.push(bytes)
  return scanner.finish()
}

/** Scans and judges bytes in memory. */
export const parse = (
  name: string,
  bytes: Uint8Array,
  options: ScanOptions & VerdictOptions = {}
): Result.Result<FirmwareImage, ImageError> => verdict(scan(name, bytes, options), options)
