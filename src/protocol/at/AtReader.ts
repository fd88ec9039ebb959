/** Reads the reply to one AT command from a byte stream (at.md §1), however it was split. Pure. */
import * as Result from "effect/Result"
import { AtTooLong, finalOf, type AtFinal, type AtReply } from "./framing.ts"

/** Most bytes of one reply unless told; the longest known ones (`AT!IMAGE?` with 50 images) have about 3000. */
export const defaultReplyLimit = 65_536

/** Results that come unasked (at.md §1), unless the command itself asks for them. */
const unsolicitedNames = ["+CREG", "+CGREG", "+CEREG", "+CMTI", "RING"]

const isUnsolicited = (line: string, command: string): boolean => {
  const text = line.trim()
  if (text.startsWith("$G")) return !command.includes("$G")
  const name = unsolicitedNames.find((known) => text === known || text.startsWith(`${known}:`))
  return name !== undefined && !command.toUpperCase().includes(name)
}

/** Shared: making one costs more than decoding a line. */
const decoder = new TextDecoder("utf-8", { ignoreBOM: true })
const CR = 0x0d
const LF = 0x0a

export interface AtReaderOptions {
  /**
   * What is known of the port's echo. `on`: everything in front of the own echo is stale. `off`: the first final code
   * ends the reply. `unknown` (default): as `off`, until the echo of another command is seen, from then on as `on`.
   */
  readonly echo?: "on" | "off" | "unknown"
  readonly limit?: number
}

/** One reader per command: push bytes until the reply is there. */
export class AtReader {
  private readonly command: string
  private readonly limit: number
  private awaitingEcho: boolean
  private received = 0
  private echoed = false
  private line: Array<number> = []
  private sawCr = false
  private lines: Array<string> = []
  private readonly stale: Array<string> = []
  private readonly unsolicited: Array<string> = []
  private finished: Result.Result<AtReply, AtTooLong> | undefined
  private leftover = new Uint8Array(0)

  constructor(command: string, options: AtReaderOptions = {}) {
    this.command = command.trim()
    this.limit = options.limit ?? defaultReplyLimit
    this.awaitingEcho = options.echo === "on"
  }

  /** Bytes behind the final code, of the push that completed the reply. */
  get rest(): Uint8Array {
    return this.leftover
  }

  /** What is known of an unfinished reply: what was said before a deadline passed. */
  get partial(): ReadonlyArray<string> {
    return this.lines
  }

  /** `undefined` while the final code is still to come. Once complete, further bytes change nothing. */
  push(bytes: Uint8Array): Result.Result<AtReply, AtTooLong> | undefined {
    for (let i = 0; i < bytes.length && this.finished === undefined; i++) {
      const byte = bytes[i] ?? 0
      if (this.sawCr) {
        this.sawCr = false
        // A line end is CR LF; a CR alone ends an echo.
        const final = this.endLine(byte !== LF)
        if (final !== undefined) {
          this.finish(final, bytes.subarray(byte === LF ? i + 1 : i))
          break
        }
        if (byte === LF) continue
      }
      if (++this.received > this.limit) {
        this.finished = Result.fail(new AtTooLong({ what: "reply", limit: this.limit }))
        break
      }
      if (byte === CR) {
        this.sawCr = true
      } else if (byte === LF) {
        const final = this.endLine(false)
        if (final !== undefined) this.finish(final, bytes.subarray(i + 1))
      } else {
        this.line.push(byte)
      }
    }
    return this.finished
  }

  private finish(final: AtFinal, rest: Uint8Array): void {
    this.leftover = rest.slice()
    this.finished = Result.succeed({
      echo: this.echoed,
      lines: this.lines,
      unsolicited: this.unsolicited,
      stale: this.stale,
      final
    })
  }

  private endLine(bareCr: boolean): AtFinal | undefined {
    const line = decoder.decode(Uint8Array.from(this.line))
    this.line = []
    const text = line.trim()
    if (text === "") return undefined
    if (!this.echoed && this.isOwnEcho(text, bareCr)) {
      this.echoed = true
      this.awaitingEcho = false
      this.stale.push(...this.lines)
      this.lines = []
      return undefined
    }
    if (!this.echoed && bareCr && /^AT/i.test(text)) {
      this.awaitingEcho = true
      this.stale.push(...this.lines)
      this.lines = []
    }
    if (isUnsolicited(line, this.command)) {
      this.unsolicited.push(line)
      return undefined
    }
    if (this.awaitingEcho) {
      this.stale.push(line)
      return undefined
    }
    const final = finalOf(line)
    if (final === undefined) this.lines.push(line)
    return final
  }

  /** A CR alone ends echoes only: there, the rest of a cut-off line may stand in front of the command. */
  private isOwnEcho(text: string, bareCr: boolean): boolean {
    return text === this.command || (bareCr && text.endsWith(this.command))
  }
}
