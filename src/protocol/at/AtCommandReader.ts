/** What a modem hears on its AT port: bytes in, commands out (at.md §1). Pure. */
import * as Result from "effect/Result"
import { AtTooLong } from "./framing.ts"

export const defaultCommandLimit = 2048

export interface AtCommand {
  /** As sent, without its CR and without blanks around it; empty when CR came alone. */
  readonly text: string
  /** The bytes to return when echo is on: everything up to and including the CR. */
  readonly echo: Uint8Array
}

/** Shared: making one costs more than decoding a line. */
const decoder = new TextDecoder("utf-8", { ignoreBOM: true })
const CR = 0x0d
const LF = 0x0a

/** A command ends with CR; an LF is ignored, so CR LF works too. Echo is the caller's business. */
export class AtCommandReader {
  private readonly limit: number
  private bytes: Array<number> = []
  private overflowed = false

  constructor(limit: number = defaultCommandLimit) {
    this.limit = limit
  }

  /** Complete commands in order; a command beyond the limit is reported once and dropped to its CR. */
  push(bytes: Uint8Array): ReadonlyArray<Result.Result<AtCommand, AtTooLong>> {
    const commands: Array<Result.Result<AtCommand, AtTooLong>> = []
    for (const byte of bytes) {
      if (byte === LF) continue
      if (byte === CR) {
        if (!this.overflowed) {
          const text = decoder.decode(Uint8Array.from(this.bytes)).trim()
          commands.push(Result.succeed({ text, echo: Uint8Array.from([...this.bytes, CR]) }))
        }
        this.bytes = []
        this.overflowed = false
      } else if (!this.overflowed) {
        if (this.bytes.length === this.limit) {
          commands.push(Result.fail(new AtTooLong({ what: "command", limit: this.limit })))
          this.bytes = []
          this.overflowed = true
        } else {
          this.bytes.push(byte)
        }
      }
    }
    return commands
  }
}
