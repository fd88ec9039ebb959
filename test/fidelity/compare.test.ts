/** The comparison itself: what it makes of bytes, and that no difference slips through. */
import { assert, describe, it } from "@effect/vitest"
import { encodeFrame as hdlc } from "../../src/protocol/hdlc.ts"
import { ServiceId } from "../../src/protocol/mbim/codes.ts"
import { fragment } from "../../src/protocol/mbim/fragments.ts"
import { encodeMessage } from "../../src/protocol/mbim/message.ts"
import { encodeRequest, hello, writeHeader } from "../../src/protocol/qdl/request.ts"
import { encodeFrame as qmux, Service, type QmuxFrame } from "../../src/protocol/qmi/Qmux.ts"
import { compare, judge, type Allowed } from "./compare.ts"
import { conversation, readTranscript, type Transfer } from "./conversation.ts"

const said = (port: string, ...pieces: ReadonlyArray<Uint8Array>): ReadonlyArray<Transfer> =>
  pieces.map((bytes) => ({
    at: 0,
    enumeration: 1,
    port,
    direction: "to-modem",
    bytes: Buffer.from(bytes).toString("hex")
  }))

const request = (fields: Partial<QmuxFrame>): Uint8Array =>
  qmux({
    service: Service.DMS,
    client: 1,
    control: 0,
    kind: "request",
    transaction: 1,
    message: 0x0022,
    tlvs: [],
    ...fields
  })

const text = (line: string): Uint8Array => Buffer.from(line, "latin1")

const chunk = Uint8Array.from({ length: 300 }, (_, index) => index)
const write = Buffer.concat([writeHeader(0, chunk.length), chunk])
const download = [
  hdlc(encodeRequest(hello(5))),
  hdlc(encodeRequest(hello(6))),
  write,
  hdlc(encodeRequest({ _tag: "CloseUnframed" }))
]

/** Every way in which one stream can be cut in two. */
const cuts = (bytes: Uint8Array): ReadonlyArray<ReadonlyArray<Uint8Array>> =>
  Array.from({ length: bytes.length - 1 }, (_, index) => [bytes.subarray(0, index + 1), bytes.subarray(index + 1)])

describe("conversation", () => {
  it("counts a DLOAD switch that is asked again before its answer once, and one behind its answer again", () => {
    const dload = hdlc(encodeRequest({ _tag: "DloadSwitch" }))
    const answer: Transfer = { at: 0, enumeration: 1, port: "download", direction: "from-modem", bytes: "7e026ad37e" }
    const names = (transfers: ReadonlyArray<Transfer>) => conversation(transfers).map(({ name }) => name)
    const twice = Buffer.concat([dload, dload])
    assert.deepStrictEqual(names([...said("download", twice), answer]), ["DloadSwitch"])
    assert.deepStrictEqual(names([...said("download", dload, dload), answer]), ["DloadSwitch"])
    const asked = said("download", dload)
    assert.deepStrictEqual(names([...asked, answer, ...asked]), ["DloadSwitch", "DloadSwitch"])
  })

  it("names what was said on each port", () => {
    const transfers = [
      ...said("control", request({ message: 0x0021 })),
      ...said("at", text("AT!BOOT"), text("HOLD\rATI\r")),
      ...said("download", ...download)
    ]
    assert.deepStrictEqual(
      conversation(transfers).map(({ name, place }) => `${place}: ${name}`),
      [
        "1 control: DMS Get Manufacturer",
        "1 at: AT!BOOTHOLD",
        "1 at: ATI",
        "1 download: Hello 5",
        "1 download: Hello 6",
        "1 download: WriteUnframed",
        "1 download: CloseUnframed"
      ]
    )
  })

  it("does not depend on how the bytes were cut", () => {
    const whole = conversation(said("download", ...download))
    for (const pieces of cuts(Buffer.concat(download))) {
      assert.deepStrictEqual(conversation(said("download", ...pieces)), whole)
    }
  })

  it("leaves out transaction and client numbers, and nothing else of a QMI message", () => {
    const plain = conversation(said("control", request({})))
    assert.deepStrictEqual(conversation(said("control", request({ transaction: 9, client: 7 }))), plain)
    for (const other of [{ control: 0x80 }, { message: 0x0023 }, { tlvs: [{ type: 1, value: Uint8Array.of(1) }] }]) {
      assert.notDeepEqual(conversation(said("control", request(other))), plain)
    }
  })

  it("reads QMI in MBIM as QMI, and all bytes of other MBIM messages but their transaction", () => {
    const mbim = (frame: Uint8Array, transaction: number, type: "set" | "query" = "set", cid = 1): Uint8Array =>
      encodeMessage({ _tag: "Command", transaction, service: ServiceId.qmi, cid, type, buffer: frame })
    const open = (transaction: number, maxControlTransfer = 4096): Uint8Array =>
      encodeMessage({ _tag: "Open", transaction, maxControlTransfer })
    const close = (transaction: number): Uint8Array => encodeMessage({ _tag: "Close", transaction })
    const plain = conversation(said("control", open(1), mbim(request({}), 2), close(3)))
    assert.deepStrictEqual(
      plain.map(({ name }) => name),
      ["MBIM OPEN", "DMS Get Model", "MBIM CLOSE"]
    )
    const numbered = said("control", open(7), mbim(request({ transaction: 9, client: 7 }), 8), close(9))
    assert.deepStrictEqual(conversation(numbered), plain)
    const stream = Buffer.concat([open(1), mbim(request({}), 2), close(3)])
    for (const pieces of cuts(stream)) assert.deepStrictEqual(conversation(said("control", ...pieces)), plain)
    const fragments = fragment(mbim(request({ tlvs: [{ type: 1, value: new Uint8Array(100) }] }), 2), 64)
    const whole = conversation(said("control", open(1), ...fragments, close(3)))
    assert.deepStrictEqual(
      whole.map(({ name }) => name),
      ["MBIM OPEN", "DMS Get Model", "MBIM CLOSE"]
    )
    for (const other of [
      [open(1, 2048), mbim(request({}), 2), close(3)],
      [open(1), mbim(request({ message: 0x0023 }), 2), close(3)],
      [open(1), mbim(request({}), 2, "query"), close(3)],
      [open(1), mbim(request({}), 2, "set", 2), close(3)],
      [open(1), mbim(Buffer.concat([request({}), request({})]), 2), close(3)],
      [open(1), mbim(request({}), 2), close(3), fragments[0] ?? chunk]
    ]) {
      assert.notDeepEqual(conversation(said("control", ...other)), plain)
    }
    // Nothing hides behind the transaction number, the four bytes that are left out.
    for (let at = 0; at < stream.length; at++) {
      const changed = Buffer.from(stream)
      changed[at] = (changed[at] ?? 0) ^ 0x01
      const qmux = 16 + 48
      const free = [8, 9, 10, 11, 24, 25, 26, 27, qmux + 5, qmux + 7, qmux + 8].includes(at) || at >= stream.length - 4
      if (!free) assert.notDeepEqual(conversation(said("control", changed)), plain, `byte ${String(at)}`)
    }
  })

  it("tells what was begun and never finished", () => {
    const names = (transfers: ReadonlyArray<Transfer>) => conversation(transfers).map(({ name }) => name)
    assert.deepStrictEqual(names(said("at", text("ATI\rAT!"))), ["ATI", "unfinished"])
    assert.deepStrictEqual(names(said("control", request({}).subarray(0, 5))), ["unfinished"])
    assert.deepStrictEqual(names(said("download", write.subarray(0, 50))), ["unfinished"])
  })

  it("takes bytes on other ports as they are", () => {
    assert.deepStrictEqual(conversation(said("nmea", text("$GPS")))[0]?.bytes, "24475053")
  })

  it("ignores what the modem said, and refuses lines that are none", () => {
    const line = JSON.stringify({ at: 1, enumeration: 1, port: "at", direction: "from-modem", bytes: "0d" })
    assert.deepStrictEqual(conversation(readTranscript(`${line}\n`)), [])
    assert.throws(() => readTranscript('{"at":1}'))
  })
})

const differencesOf = (theirs: ReadonlyArray<Transfer>, ours: ReadonlyArray<Transfer>) =>
  compare(conversation(theirs), conversation(ours))

describe("compare", () => {
  it("finds nothing where both said the same", () => {
    assert.deepStrictEqual(differencesOf(said("download", ...download), said("download", ...download)), [])
  })

  it("finds every single byte that was changed in a frame, a write header or its data", () => {
    const stream = Buffer.concat(download)
    const theirs = conversation(said("download", stream))
    for (let at = 0; at < stream.length; at++) {
      const changed = Buffer.from(stream)
      changed[at] = (changed[at] ?? 0) ^ 0x01
      assert.isNotEmpty(compare(theirs, conversation(said("download", changed))), `byte ${String(at)}`)
    }
  })

  it("finds what is missing, what is more, and what is in another order", () => {
    const [first = chunk, second = chunk, ...rest] = download
    const kinds = (ours: ReadonlyArray<Uint8Array>) =>
      differencesOf(said("download", ...download), said("download", ...ours)).map(({ kind }) => kind)
    assert.deepStrictEqual(kinds([second, ...rest]), ["only theirs"])
    assert.deepStrictEqual(kinds([first, first, second, ...rest]), ["only ours"])
    assert.deepStrictEqual(kinds([second, first, ...rest]), ["other order"])
  })

  it("finds a frame that is the same but for a leading flag", () => {
    const [first = chunk] = download
    const flagged = Buffer.concat([Uint8Array.of(0x7e), first])
    const [difference] = differencesOf(
      said("download", first[0] === 0x7e ? first.subarray(1) : first),
      said("download", first[0] === 0x7e ? first : flagged)
    )
    assert.strictEqual(difference?.kind, "other bytes")
  })

  it("keeps the stays on the bus apart", () => {
    const again = said("download", ...download).map((transfer) => ({ ...transfer, enumeration: 2 }))
    assert.isNotEmpty(differencesOf(said("download", ...download), again))
  })
})

describe("judge", () => {
  const licence: Allowed = {
    id: "x",
    port: "download",
    kind: "only theirs",
    names: ["Hello 5"],
    theirs: "^7e",
    times: 1,
    why: "because",
    source: "qdl.md §3.2"
  }
  const differences = differencesOf(said("download", ...download), said("download", ...download.slice(1)))

  it("lets through what a licence names, and says which was used", () => {
    const { forbidden, used } = judge(differences, [{ ...licence, theirs: "" }])
    assert.deepStrictEqual(forbidden, [])
    assert.deepStrictEqual([...used], [["x", 1]])
  })

  it("forbids what differs from the licence in any respect", () => {
    const others: ReadonlyArray<Partial<Allowed>> = [
      { port: "at" },
      { kind: "only ours" },
      { names: ["Hello 4"] },
      { theirs: "^00" },
      { ours: "." },
      { times: 0 }
    ]
    for (const other of others) assert.lengthOf(judge(differences, [{ ...licence, theirs: "", ...other }]).forbidden, 1)
  })
})
