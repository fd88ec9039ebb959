/**
 * Faults and quirks of modems as data. A modem is given any list of them; they act at the points named in
 * {@link file://./faults.ts}. Images and chunks count from 0; an image's number is that of the images completed before
 * it in the same stay in boot-and-hold, so a repeated image keeps its number. Durations in milliseconds unless named.
 */
import * as Schema from "effect/Schema"

const Count = Schema.Int.check(Schema.isGreaterThanOrEqualTo(0))
const Millis = Schema.Finite.check(Schema.isGreaterThanOrEqualTo(0))
/** How often it happens, then never again; always when absent. */
const times = Schema.optionalKey(Count)

const BusyRole = Schema.Literals(["control", "at", "download"])

export const Behaviour = Schema.TaggedUnion({
  /** The first Hellos get no answer (qdl.md §6 quirk 6: 1 s is short after a re-enumeration). */
  silentHello: { times: Count },
  /** The first DLOAD switches get no answer (qdl.md §6 quirk 6). */
  silentDload: { times: Count },
  /** Whoever opens the port first reads these bytes of somebody else's conversation (qdl.md §6 quirk 5, at.md §1). */
  staleBytes: { where: BusyRole, bytes: Schema.Uint8Array, times },
  /** Every answer comes in that many reads, `delay` apart (qdl.md §5.1, flows.md §9 W22). */
  splitAnswers: {
    where: Schema.optionalKey(BusyRole),
    pieces: Schema.Int.check(Schema.isGreaterThan(1)),
    delay: Millis
  },
  /** Answers wait for each other for `delay` and come in one read (qdl.md §2.3). */
  mergedAnswers: { where: Schema.optionalKey(BusyRole), delay: Millis },
  /** Open of an image is answered with Error `code`, or with an Open response of this status (qdl.md §3.3, §3.4). */
  nakOpen: { image: Count, code: Schema.optionalKey(Schema.Int), status: Schema.optionalKey(Schema.Int), times },
  /** One write is answered with this status: 1 CRC failed, 2 parsing failed (qdl.md §3.5). The image is lost. */
  nakWrite: { image: Count, chunk: Count, status: Schema.Int, times },
  /** One acknowledgement carries the sequence number of another chunk (qdl.md §3.5). */
  wrongSequence: { image: Count, chunk: Count, times },
  /** In the middle of a chunk the modem leaves the bus; it comes back as what is left in its flash lets it, or never. */
  disconnectInChunk: { image: Count, chunk: Count, comesBack: Schema.optionalKey(Schema.Boolean), times },
  /** From this point on nothing is answered until the next power cycle; `boot`: it never comes back from a reset. */
  hang: {
    where: Schema.Literals(["dload", "hello", "open", "write", "close", "control", "at", "boot"]),
    image: Schema.optionalKey(Count),
    chunk: Schema.optionalKey(Count)
  },
  /** A port of a mode appears that much later than the device (flows.md §9 W12: driver binds late). */
  latePort: { role: BusyRole, delay: Millis },
  /** It comes back at another place: the hub's other half, or its peer at another speed (failures.md §4). */
  otherPortPath: {
    path: Schema.String,
    on: Schema.Literals(["boot-and-hold", "application"]),
    /** The host knows both places as one connector (flows.md §2.2). */
    peer: Schema.optionalKey(Schema.Boolean)
  },
  /** Everything is accepted, but after the reset the old firmware runs (flows.md §9 W3). */
  oldFirmwareComesBack: {},
  /** The carrier image is accepted but not applied (at.md §4.1: NVU not applied). */
  carrierNotApplied: {},
  /** A reset out of boot-and-hold leads to boot-and-hold again (failures.md §3). */
  staysInBootAndHold: { times },
  /** DMS 0x0047 gets no answer (flows.md §9 W6). */
  preferenceQueryUnanswered: { times },
  /** The control port answers nothing for so long after each boot (flows.md §9 W14). */
  qmiNotReadyAfterBoot: { seconds: Millis },
  /** The boot takes that much longer (flows.md §9 W17). */
  slowBoot: { seconds: Millis },
  /** DLOAD switches are first answered by the diagnostic monitor, `13 70 00 00` (qdl.md §3.1). */
  diagFirst: { times: Count },
  /** Hellos of these versions are answered with an Error and accepted all the same (qdl.md §3.2 [VEND], 9x30). */
  errorToHello: { versions: Schema.Array(Schema.Int), code: Schema.optionalKey(Schema.Int) },
  /** `AT!BOOTHOLD` is refused until `AT!ENTERCND` (at.md §3.2, SF-34354). */
  atNeedsEnterCnd: {},
  /** The port goes before `OK` to `AT!BOOTHOLD` was delivered (at.md §3.2). */
  portGoneBeforeOk: {},
  /** Echo is off when the port is first opened (at.md §1). */
  atEchoOff: {},
  /** An unsolicited line comes in front of every reply text (at.md §1). */
  unsolicitedLine: { text: Schema.String },
  /** No slot and no carrier entry is free, and nothing is evicted: Open gets Error 0x12, out of space (qdl.md §3.3). */
  slotsFull: {},
  /** How a missing QMI message is refused (qmi.md §9). */
  notSupportedCode: { code: Schema.Literals([71, 94, 25]) },
  /** A DMS message that the model has is missing from this unit, or fails with `code`. */
  qmiRefuses: { message: Schema.Int, code: Schema.optionalKey(Schema.Int), times },
  /** A DMS message is answered with success but changes nothing: no document reports it, success must not rest on it. */
  qmiIgnores: { message: Schema.Int, times },
  /** Allocate CID is refused with ClientIdsExhausted (flows.md §11: 12 times after the update). */
  clientIdsExhausted: { times },
  /** Indications and answers for other clients come in front of every answer (qmi.md §1). */
  foreignTraffic: {},
  /** DMS handles one request after the other instead of all at once (flows.md §9.1). */
  serialisesDms: {},
  /** The last chunk of every image takes that much longer (qdl.md §3.5). */
  slowLastChunk: { seconds: Millis },
  /** An image that is stored already is refused with Open status 7, "image not required" (qdl.md §3.4 [VEND]). */
  imageNotRequired: {}
})
export type Behaviour = typeof Behaviour.Type

type Fields<Tag extends Behaviour["_tag"]> = Omit<Extract<Behaviour, { readonly _tag: Tag }>, "_tag">

/** Builds a behaviour: `behaviour("silentHello", { times: 2 })`. */
export const behaviour = <Tag extends Behaviour["_tag"]>(
  tag: Tag,
  ...[fields]: {} extends Fields<Tag> ? [fields?: Fields<Tag>] : [fields: Fields<Tag>]
): Behaviour => ({ _tag: tag, ...fields }) as unknown as Behaviour
