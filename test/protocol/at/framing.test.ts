import { assert, describe, it } from "@effect/vitest"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { AtCommandReader } from "../../../src/protocol/at/AtCommandReader.ts"
import { AtReader, type AtReaderOptions } from "../../../src/protocol/at/AtReader.ts"
import { encodeCommand, formatReply, formatUnsolicited, type AtFinal } from "../../../src/protocol/at/framing.ts"
import { Bytes, concat, Cuts, split, text } from "../bytes.ts"
import { imagePreference, wire } from "./transcripts.ts"

const read = (command: string, bytes: Uint8Array, options?: AtReaderOptions) => {
  const reply = new AtReader(command, options).push(bytes)
  return reply === undefined ? undefined : Result.isSuccess(reply) ? reply.success : reply.failure
}

const ok: AtFinal = { _tag: "Ok" }
const nothing = { lines: [], unsolicited: [], stale: [] }

describe("AT framing", () => {
  it("ends a command with CR alone", () => {
    assert.deepStrictEqual(encodeCommand("AT!BOOTHOLD"), text("AT!BOOTHOLD\r"))
  })

  it("prints replies byte by byte as at.md §1 has them", () => {
    const preferred = " preferred fw version:    02.33.03.00"
    assert.deepStrictEqual(
      formatReply({ echo: "AT!IMPREF?", lines: ["!IMPREF: ", preferred], final: ok }),
      text(`AT!IMPREF?\r\r\n!IMPREF: \r\n${preferred}\r\n\r\nOK\r\n`)
    )
    assert.deepStrictEqual(formatReply({ echo: "AT", lines: [], final: ok }), text("AT\r\r\nOK\r\n"))
    assert.deepStrictEqual(formatReply({ lines: [], final: ok }), text("\r\nOK\r\n"))
    assert.deepStrictEqual(formatReply({ lines: [], final: { _tag: "Error" } }), text("\r\nERROR\r\n"))
    assert.deepStrictEqual(
      formatReply({ lines: [], final: { _tag: "CmeError", text: "operation not supported" } }),
      text("\r\n+CME ERROR: operation not supported\r\n")
    )
    assert.deepStrictEqual(
      formatReply({ lines: [], final: { _tag: "NotImplemented" } }),
      text("\r\nNOT IMPLEMENTED\r\n")
    )
  })
})

describe("AtReader", () => {
  it("reads a reply with echo and one without", () => {
    assert.deepStrictEqual(read("AT", text("AT\r\r\nOK\r\n")), { echo: true, ...nothing, final: ok })
    assert.deepStrictEqual(read("AT", text("\r\nOK\r\n")), { echo: false, ...nothing, final: ok })
  })

  it("reads each final code", () => {
    const finals: ReadonlyArray<AtFinal> = [
      ok,
      { _tag: "Error" },
      { _tag: "CmeError", text: "operation not supported" },
      { _tag: "CmeError", text: "3" },
      { _tag: "NotImplemented" }
    ]
    for (const final of finals) {
      assert.deepStrictEqual(read("AT+CFUN=1", formatReply({ echo: "AT+CFUN=1", lines: [], final })), {
        echo: true,
        ...nothing,
        final
      })
    }
  })

  it("does not take OK or ERROR inside a line for the end", () => {
    const reply = read("ATI", text("\r\nModel: OK\r\nERROR: none\r\nTOKEN OK\r\n\r\nOK\r\n"))
    assert.deepStrictEqual(reply, {
      echo: false,
      ...nothing,
      lines: ["Model: OK", "ERROR: none", "TOKEN OK"],
      final: ok
    })
  })

  it("drops the late reply of an earlier command in front of its own echo", () => {
    const stream = text("ATI\r\r\nModel: MC7455\r\n\r\nOK\r\nAT!PRIID?\r\r\nCustomer: Dell\r\n\r\nOK\r\n")
    assert.deepStrictEqual(read("AT!PRIID?", stream), {
      echo: true,
      lines: ["Customer: Dell"],
      unsolicited: [],
      stale: ["ATI", "Model: MC7455", "OK"],
      final: ok
    })
  })

  it("drops a stale final code without echo when it knows that echo is on", () => {
    const stream = text("\r\nERROR\r\nAT\r\r\nOK\r\n")
    assert.deepStrictEqual(read("AT", stream, { echo: "on" }), { echo: true, ...nothing, stale: ["ERROR"], final: ok })
  })

  it("finds its echo behind the rest of a cut-off line", () => {
    assert.deepStrictEqual(read("AT!IMPREF?", text("nfig name: GENAT!IMPREF?\r\r\nx: 1\r\n\r\nOK\r\n")), {
      echo: true,
      ...nothing,
      lines: ["x: 1"],
      final: ok
    })
  })

  it("does not take a line of help that begins with AT for the echo of another command", () => {
    const help = "AT!IMAGE=<op>[,<type>]"
    assert.deepStrictEqual(read("AT!IMAGE=?", formatReply({ lines: [help], final: ok })), {
      echo: false,
      ...nothing,
      lines: [help],
      final: ok
    })
  })

  it("keeps unsolicited lines apart, wherever they come", () => {
    const stream = concat(
      formatUnsolicited("+CEREG: 2"),
      text("AT!PCINFO?\r"),
      formatUnsolicited("RING"),
      text("\r\nState: Online\r\n"),
      formatUnsolicited("$GPGGA,,,,,,0,,,,,,,,*66"),
      text("\r\nOK\r\n")
    )
    assert.deepStrictEqual(read("AT!PCINFO?", stream), {
      echo: true,
      lines: ["State: Online"],
      unsolicited: ["+CEREG: 2", "RING", "$GPGGA,,,,,,0,,,,,,,,*66"],
      stale: [],
      final: ok
    })
  })

  it("takes a line for the answer when the command asked for it", () => {
    const reply = read("AT+CREG?", text("\r\n+CREG: 0,1\r\n\r\nOK\r\n"))
    assert.deepStrictEqual(reply, { echo: false, ...nothing, lines: ["+CREG: 0,1"], final: ok })
  })

  it("keeps trailing blanks of lines and drops blank lines", () => {
    const reply = read("AT!IMPREF?", wire(imagePreference.normal))
    assert(reply !== undefined && "lines" in reply)
    assert.strictEqual(reply.lines[0], "!IMPREF: ")
    assert.strictEqual(reply.lines.length, 7)
  })

  it("waits for the end of the final code and hands back what follows it", () => {
    const reader = new AtReader("AT")
    assert.strictEqual(reader.push(text("AT\r\r\nOK")), undefined)
    assert.strictEqual(reader.push(text("\r")), undefined)
    assert.isDefined(reader.push(text("\n\r\n+CREG: 1\r\n")))
    assert.deepStrictEqual(reader.rest, text("\r\n+CREG: 1\r\n"))
  })

  it("gives up on a reply without end", () => {
    const reply = read("AT", new Uint8Array(101).fill(0x55), { limit: 100 })
    assert.deepInclude(reply, { _tag: "AtTooLong", what: "reply", limit: 100 })
    assert.strictEqual(read("AT", new Uint8Array(100).fill(0x55), { limit: 100 }), undefined)
  })

  it.prop("reads the same under any split", [Cuts, Schema.Literals([true, false])], ([cuts, echo]) => {
    const stream = concat(
      echo ? text("ATI\r\r\nstale\r\n\r\nOK\r\nAT!IMPREF?\r") : text(""),
      wire(imagePreference.mismatch),
      text("\r\nRING\r\n")
    )
    const reader = new AtReader("AT!IMPREF?")
    let last: ReturnType<AtReader["push"]>
    for (const piece of split(stream, cuts)) last = reader.push(piece)
    assert.deepStrictEqual(last, new AtReader("AT!IMPREF?").push(stream))
    assert(last !== undefined && Result.isSuccess(last))
    assert.strictEqual(last.success.lines.length, 10)
    assert.strictEqual(last.success.echo, echo)
  })

  const Piece = Schema.Literals([
    "\r",
    "\n",
    "\r\n",
    "AT",
    "ATI",
    "OK",
    "ERROR",
    "+CME ERROR:",
    "RING",
    " ",
    "x: y",
    "\0é"
  ])
  it.prop(
    "never throws, and reads the same under any split, whatever comes",
    [Schema.Array(Piece), Bytes, Cuts],
    ([pieces, noise, cuts]) => {
      const stream = concat(text(pieces.join("")), Uint8Array.from(noise))
      const reader = new AtReader("AT", { limit: 64 })
      let last: ReturnType<AtReader["push"]>
      for (const piece of split(stream, cuts)) last = reader.push(piece)
      assert.deepStrictEqual(last, new AtReader("AT", { limit: 64 }).push(stream))
    }
  )

  const Printable = Schema.String.check(Schema.isPattern(/^[!-~]{1,12}$/))
  it.prop(
    "reads what formatReply prints",
    [Schema.Array(Printable), Schema.Literals([true, false])],
    ([lines, echo]) => {
      const plain = lines.map((line) => `x${line}`)
      const reply = read("AT!X?", formatReply({ lines: plain, final: ok, ...(echo ? { echo: "AT!X?" } : {}) }))
      assert.deepStrictEqual(reply, { echo, ...nothing, lines: plain, final: ok })
    }
  )
})

describe("AtCommandReader", () => {
  const texts = (reader: AtCommandReader, stream: string) =>
    reader
      .push(text(stream))
      .map((command) => (Result.isSuccess(command) ? command.success.text : command.failure._tag))

  it("ends a command at CR, with or without LF, and keeps an unfinished one", () => {
    const reader = new AtCommandReader()
    assert.deepStrictEqual(texts(reader, "AT\rATE0\r\nAT!BOOT"), ["AT", "ATE0"])
    assert.deepStrictEqual(texts(reader, "HOLD\r"), ["AT!BOOTHOLD"])
  })

  it("has the bytes to echo, CR included", () => {
    const [command] = new AtCommandReader().push(text("at!impref?\r"))
    assert(command !== undefined && Result.isSuccess(command))
    assert.deepStrictEqual(command.success.echo, text("at!impref?\r"))
  })

  it("reports a command beyond the limit once and hears the next one", () => {
    assert.deepStrictEqual(texts(new AtCommandReader(4), "AT!AAAAAAAAA\rAT\rATI9\r"), ["AtTooLong", "AT", "ATI9"])
  })

  it.prop("hears the same under any split", [Bytes, Cuts], ([input, cuts]) => {
    const stream = Uint8Array.from(input, (byte, i) => (i % 4 === 0 ? 0x0d : byte))
    const reader = new AtCommandReader(3)
    assert.deepStrictEqual(
      split(stream, cuts).flatMap((piece) => reader.push(piece)),
      new AtCommandReader(3).push(stream)
    )
  })
})
