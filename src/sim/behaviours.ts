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

/** What there is: one sentence for people, the document that reports it where one does, and what it takes. */
const table = {
  silentHello: {
    text: "The first Hellos get no answer.",
    source: "qdl.md §6 quirk 6: 1 s is short after a re-enumeration",
    fields: { times: Count }
  },
  silentDload: {
    text: "The first DLOAD switches get no answer.",
    source: "qdl.md §6 quirk 6",
    fields: { times: Count }
  },
  staleBytes: {
    text: "Whoever opens the port first reads these bytes of somebody else's conversation.",
    source: "qdl.md §6 quirk 5, at.md §1",
    fields: { where: BusyRole, bytes: Schema.Uint8Array, times }
  },
  splitAnswers: {
    text: "Every answer comes in that many reads, delay apart.",
    source: "qdl.md §5.1, flows.md §9 W22",
    fields: {
      where: Schema.optionalKey(BusyRole),
      pieces: Schema.Int.check(Schema.isGreaterThan(1)),
      delay: Millis
    }
  },
  mergedAnswers: {
    text: "Answers wait for each other for delay and come in one read.",
    source: "qdl.md §2.3",
    fields: { where: Schema.optionalKey(BusyRole), delay: Millis }
  },
  nakOpen: {
    text: "Open of an image is answered with Error code, or with an Open response of this status; after behind others, which are taken.",
    source: "qdl.md §3.3, §3.4; §5: whether a second Open is taken is unsure",
    fields: {
      image: Count,
      code: Schema.optionalKey(Schema.Int),
      status: Schema.optionalKey(Schema.Int),
      behind: Schema.optionalKey(Count),
      times
    }
  },
  nakWrite: {
    text: "One write is answered with this status (1 CRC failed, 2 parsing failed), or with Error code. The image is lost.",
    source: "qdl.md §3.5, §3.3",
    fields: {
      image: Count,
      chunk: Count,
      status: Schema.optionalKey(Schema.Int),
      code: Schema.optionalKey(Schema.Int),
      times
    }
  },
  wrongSequence: {
    text: "One acknowledgement carries the sequence number of another chunk.",
    source: "qdl.md §3.5",
    fields: { image: Count, chunk: Count, times }
  },
  answerLost: {
    text: "What was asked is done, but its answer never comes: no document reports it, bytes are lost on every line.",
    fields: {
      where: Schema.Literals(["open", "write", "close"]),
      image: Schema.optionalKey(Count),
      chunk: Schema.optionalKey(Count),
      times
    }
  },
  nakClose: {
    text: "Close is answered with Error code, or with a Close response of this status. The image is not lost.",
    source: "qdl.md §3.3, §3.6",
    fields: { image: Count, code: Schema.optionalKey(Schema.Int), status: Schema.optionalKey(Schema.Int), times }
  },
  disconnectInChunk: {
    text: "In the middle of a chunk the modem leaves the bus; it comes back as what is left in its flash lets it, or (comesBack=false) never.",
    fields: { image: Count, chunk: Count, comesBack: Schema.optionalKey(Schema.Boolean), times }
  },
  hang: {
    text: "From this point on nothing is answered until the next power cycle; at boot, it never comes back from a reset.",
    fields: {
      where: Schema.Literals(["dload", "hello", "open", "write", "close", "control", "mbim", "at", "boot"]),
      image: Schema.optionalKey(Count),
      chunk: Schema.optionalKey(Count)
    }
  },
  latePort: {
    text: "A port of a mode appears that much later than the device.",
    source: "flows.md §9 W12: driver binds late",
    fields: { role: BusyRole, delay: Millis }
  },
  otherPortPath: {
    text: "It comes back at another place: the hub's other half, or its peer at another speed.",
    source: "failures.md §4",
    fields: {
      path: Schema.String,
      on: Schema.Literals(["boot-and-hold", "application"]),
      /** The host knows both places as one connector (flows.md §2.2). */
      peer: Schema.optionalKey(Schema.Boolean)
    }
  },
  oldFirmwareComesBack: {
    text: "Everything is accepted, but after the reset the old firmware runs.",
    source: "flows.md §9 W3",
    fields: {}
  },
  carrierNotApplied: {
    text: "The carrier image is accepted but not applied.",
    source: "at.md §4.1: NVU not applied",
    fields: {}
  },
  settingsLost: {
    text: "With the images that were sent come the factory's APN profiles and bands: what the owner had set is lost.",
    source: "failures.md rank 16: factory reset/PRI overwrites",
    fields: { times }
  },
  switchFails: {
    text: "A start that should run another stored firmware runs the old one again, in low power.",
    source: "at.md §4.4: FAILURES counts switching failures",
    fields: { times }
  },
  staysInBootAndHold: {
    text: "A reset out of boot-and-hold leads to boot-and-hold again.",
    source: "failures.md §3",
    fields: { times }
  },
  preferenceQueryUnanswered: { text: "DMS 0x0047 gets no answer.", source: "flows.md §9 W6", fields: { times } },
  qmiNotReadyAfterBoot: {
    text: "The control port answers nothing for so long after each boot.",
    source: "flows.md §9 W14",
    fields: { seconds: Millis }
  },
  slowBoot: { text: "The boot takes that much longer.", source: "flows.md §9 W17", fields: { seconds: Millis } },
  diagFirst: {
    text: "DLOAD switches are first answered by the diagnostic monitor, 13 70 00 00.",
    source: "qdl.md §3.1",
    fields: { times: Count }
  },
  saharaInstead: {
    text: "The download port speaks Sahara: its Hello comes by itself, and QDL is not answered.",
    source: "devices.md §1: 9x30 after a crash, SF-9647",
    fields: {}
  },
  echoesDownload: {
    text: "The download port is an AT port: it sends back what it gets.",
    source: "failures.md §2",
    fields: {}
  },
  errorToHello: {
    text: "Hellos of these versions are answered with an Error and accepted all the same.",
    source: "qdl.md §3.2 [VEND], 9x30",
    fields: { versions: Schema.Array(Schema.Int), code: Schema.optionalKey(Schema.Int) }
  },
  mbimForgetsOpen: {
    text: "The MBIM function says once that it is not open, to the command behind that many others, and has to be opened again.",
    source: "qmi.md §5.4",
    fields: { after: Count }
  },
  mbimNeedsClose: {
    text: "After each boot the MBIM function says that it is not open, also to OPEN, until a CLOSE came.",
    source: "qmi.md §5.4",
    fields: {}
  },
  qmiOverMbimMissing: {
    text: "The MBIM function has no QMI service: such commands are answered with the status NoDeviceSupport.",
    source: "failures.md §5, failures.md rank 5",
    fields: {}
  },
  mbimSmallTransfers: {
    text: "One control transfer of the MBIM function holds so many bytes only (wMaxControlMessage): longer messages go in fragments.",
    source: "qmi.md §5.2; MBIM 1.0 §6.4: 64 at least",
    fields: { bytes: Schema.Int.check(Schema.isBetween({ minimum: 64, maximum: 4096 })) }
  },
  slowMbimClose: {
    text: "CLOSE of the MBIM function takes that much longer.",
    source: "qmi.md §10: may take seconds",
    fields: { seconds: Millis }
  },
  atNeedsEnterCnd: { text: "AT!BOOTHOLD is refused until AT!ENTERCND.", source: "at.md §3.2, SF-34354", fields: {} },
  portGoneBeforeOk: { text: "The port goes before OK to AT!BOOTHOLD was delivered.", source: "at.md §3.2", fields: {} },
  atEchoOff: { text: "Echo is off when the port is first opened.", source: "at.md §1", fields: {} },
  atPassword: {
    text: "AT!ENTERCND takes this password and no other: its owner has changed it.",
    source: "at.md §3.1",
    fields: { password: Schema.String }
  },
  atRefuses: {
    text: "An AT command, e.g. !BOOTHOLD, is answered with ERROR; form says whether only with =, with ?, or alone.",
    source: "at.md §1: prototypes lack commands, some firmware refuses them",
    fields: {
      command: Schema.String,
      form: Schema.optionalKey(Schema.Literals(["run", "query", "set"])),
      times
    }
  },
  atIgnores: {
    text: "An AT command with = is answered with OK and changes nothing: no document reports it, success must not rest on it.",
    fields: { command: Schema.String, times }
  },
  unsolicitedLine: {
    text: "An unsolicited line comes in front of every reply text.",
    source: "at.md §1",
    fields: { text: Schema.String }
  },
  slotsFull: {
    text: "No slot and no carrier entry is free, and nothing is evicted: Open gets Error 0x12, out of space.",
    source: "qdl.md §3.3",
    fields: {}
  },
  notSupportedCode: {
    text: "How a missing QMI message is refused.",
    source: "qmi.md §9",
    fields: { code: Schema.Literals([71, 94, 25]) }
  },
  qmiRefuses: {
    text: "A DMS message that the model has is missing from this unit, or fails with code.",
    fields: { message: Schema.Int, code: Schema.optionalKey(Schema.Int), times }
  },
  qmiIgnores: {
    text: "A DMS message is answered with success but changes nothing: no document reports it, success must not rest on it.",
    fields: { message: Schema.Int, times }
  },
  clientIdsExhausted: {
    text: "Allocate CID is refused with ClientIdsExhausted.",
    source: "flows.md §11: 12 times after the update",
    fields: { times }
  },
  foreignTraffic: {
    text: "Indications and answers for other clients come in front of every answer.",
    source: "qmi.md §1",
    fields: {}
  },
  serialisesDms: {
    text: "DMS handles one request after the other instead of all at once.",
    source: "flows.md §9.1",
    fields: {}
  },
  slowLastChunk: {
    text: "The last chunk of every image takes that much longer.",
    source: "qdl.md §3.5",
    fields: { seconds: Millis, times }
  },
  imageNotRequired: {
    text: 'An image that is stored already is refused with Open status 7, "image not required".',
    source: "qdl.md §3.4 [VEND]",
    fields: {}
  }
}

type Table = typeof table

const fieldsOf = Object.fromEntries(Object.entries(table).map(([name, { fields }]) => [name, fields])) as {
  readonly [Name in keyof Table]: Table[Name]["fields"]
}

export const Behaviour = Schema.TaggedUnion(fieldsOf)
export type Behaviour = typeof Behaviour.Type

/** A behaviour for people who choose one. */
export interface BehaviourInfo {
  readonly name: Behaviour["_tag"]
  readonly text: string
  readonly source: string | undefined
  readonly fields: Readonly<Record<string, Schema.Top>>
}

export const behaviours: ReadonlyArray<BehaviourInfo> = Object.entries(table).map(([name, entry]) => ({
  name: name as Behaviour["_tag"],
  text: entry.text,
  source: "source" in entry ? entry.source : undefined,
  fields: entry.fields
}))

type Fields<Tag extends Behaviour["_tag"]> = Omit<Extract<Behaviour, { readonly _tag: Tag }>, "_tag">

/** Builds a behaviour: `behaviour("silentHello", { times: 2 })`. */
export const behaviour = <Tag extends Behaviour["_tag"]>(
  tag: Tag,
  ...[fields]: {} extends Fields<Tag> ? [fields?: Fields<Tag>] : [fields: Fields<Tag>]
): Behaviour => ({ _tag: tag, ...fields }) as unknown as Behaviour
