/**
 * Whether every byte that changes a modem came after the checks that license it. An observer of bytes, written from
 * qmi.md, at.md and qdl.md: it shares no codec, no event and no type with the program that it observes. It knows what
 * is harmless; whatever else is sent to a modem needs a licence, and what it does not know has none.
 */
import type { Seen } from "./trace.ts"

export interface Verdict {
  /** Everything that changes the modem, in order. */
  readonly changes: ReadonlyArray<string>
  /** For each of them, its place in the trace. */
  readonly places: ReadonlyArray<number>
  /** What was sent without its licence. */
  readonly violations: ReadonlyArray<string>
}

export interface Files {
  readonly [name: string]: Uint8Array
}

/**
 * AT commands that only ask, or set the port's own echo (at.md §2, §4, §5): exactly these. The second half is what an
 * update asks about its owner's settings, before and after.
 */
const harmlessAt = new Set([
  ...["AT", "ATI", "ATE0", "ATE1"],
  ...["AT!IMPREF?", "AT!GOBIIMPREF?", "AT!IMAGE?", "AT!PRIID?", "AT!PACKAGE?", "AT!PCINFO?", "AT!GSTATUS?"],
  ...["AT+CGDCONT?", "AT!SELRAT?", "AT!BAND?", "AT!PCOFFEN?", "AT!CUSTOM?"],
  ...["AT!USBCOMP?", "AT!USBVID?", "AT!USBPID?", "AT!UDUSBCOMP?", "AT!UDPID?"]
])

/** qmi.md §6, §7: DMS messages that only ask. 0x5556 and 0x555B of Sierra ask too (§8). */
const harmlessDms = new Set([
  ...[0x0020, 0x0021, 0x0022, 0x0023, 0x0025, 0x002c, 0x002d, 0x0046, 0x0047, 0x0049, 0x004c, 0x004f, 0x0051],
  ...[0x001e, 0x5556, 0x555b]
])
/** qmi.md §3: without Sync, which would free the clients of other programs. */
const harmlessCtl = new Set([0x0020, 0x0021, 0x0022, 0x0023, 0x0026])

const setPreference = 0x0048
const setMode = 0x002e
const setFirmwareId = 0x003e
const setDownloadMode = 0x0050
const deleteImage = 0x004a

/** What has to be known of the modem before anything is changed, as long as it is the same attachment. */
const factNames = { revision: 0x0023, mode: 0x002d, preference: 0x0047, stored: 0x0049 } as const
type Fact = keyof typeof factNames

const hex = (value: number): string => `0x${value.toString(16).padStart(4, "0")}`
const latin1 = (bytes: Uint8Array): string => Buffer.from(bytes).toString("latin1")
const u16 = (bytes: Uint8Array, at: number): number => (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8)
const u32 = (bytes: Uint8Array, at: number): number => (u16(bytes, at) | (u16(bytes, at + 2) << 16)) >>> 0
const equal = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0

const qmiOverMbim = "d1a30bc2f97a6e43bf65c7e24fb0f0d3"

/** A stored image as the modem told it: by QMI (§6.2) or by `AT!IMAGE?` (at.md §4.4). */
interface Stored {
  readonly type: number
  readonly slot: number
  readonly unique: string
  readonly build: string
  readonly running: boolean
}

/** One opening of a port. */
interface Line {
  readonly number: number
  readonly role: string
  readonly mbim: boolean
  toModem: Uint8Array
  fromModem: Uint8Array
  /** Questions without an answer yet, by service, client and transaction. */
  readonly asked: Map<string, { readonly id: number; readonly body: Uint8Array }>
  command: string
  text: string
}

interface Transfer {
  readonly file: string
  readonly bytes: Uint8Array
  open: "asked" | "yes" | "not required"
  next: number
  acknowledged: number
  sequence: number
  /** What waits for its answer, and since when. */
  asked: keyof typeof patience | undefined
  since: number
  /** A refusal came, or the answer came too late to be waited for. */
  failed: boolean
  /** Hello was sent after the failure: its answer is the end of this try. */
  again: boolean
}

/** Milliseconds after which an answer may be given up. qdl.md §6, 10: programming flash takes long. */
const patience = { open: 30_000, write: 180_000, close: 120_000 } as const

/** The lists of §6.2; what is cut short ends them. */
const storedIn = (tlv: Uint8Array): ReadonlyArray<Stored> => {
  const out: Array<Stored> = []
  let at = 1
  for (let list = 0; list < (tlv[0] ?? 0); list++) {
    const [type = 0, , running = 0xff, count = 0] = tlv.subarray(at, at + 4)
    at += 4
    for (let index = 0; index < count && at + 19 <= tlv.length; index++) {
      const unique = latin1(tlv.subarray(at + 2, at + 18)).replaceAll("\0", "")
      const size = tlv[at + 18] ?? 0
      const build = latin1(tlv.subarray(at + 19, at + 19 + size))
      out.push({ type, slot: tlv[at] ?? 0, unique, build, running: index === running })
      at += 19 + size
    }
  }
  return out
}

/** The rows of at.md §4.4 that are GOOD, and the line that says which slot runs. */
const storedRows = (text: string): ReadonlyArray<Stored> => {
  const active = /Active FW image is at slot (\d+)/.exec(text)?.[1]
  return [...text.matchAll(/^(FW|PRI) +(\w+) +GOOD +\d+ +\d+ \d+ +(\S+) +(\S+)/gm)].map(
    ([, type, slot = "", unique = "", build = ""]) => ({
      type: type === "FW" ? 0 : 1,
      slot: Number(slot),
      unique,
      build,
      running: type === "FW" && slot === active
    })
  )
}

export const judge = (trace: ReadonlyArray<Seen>, files: Files): Verdict => {
  const changes: Array<string> = []
  const places: Array<number> = []
  const violations: Array<string> = []
  const lines = new Map<number, Line>()
  const readTo = new Map<string, number>()
  /**
   * By which opening of a port the modem told it: what was told before is forgotten with it. Between a plan and its run
   * somebody may think for an hour.
   */
  const facts = new Map<Fact, Set<number>>()
  /** The preference that the modem told, as the bytes of its TLV. */
  let told: Uint8Array | undefined
  /** What the modem listed, by which opening of a port. */
  let stored: { readonly line: number; readonly images: ReadonlyArray<Stored> } | undefined
  /** By AT: firmware, carrier and config name that run (at.md §4.1). */
  let current: ReadonlyArray<string> = []
  /** A preference of the images was acknowledged, or boot-and-hold was armed: a restart has a reason. */
  let armed = false
  /** The modem told that it is not online, or that its next start stops in boot-and-hold: a restart has a reason, too. */
  let troubled = false
  /** It was told to go into boot-and-hold at once. */
  let ordered = false
  let ranBefore = false
  let held = false
  let greeted = false
  let transfer: Transfer | undefined
  /** An image whose try failed: it comes next, or the program ends. */
  let unfinished: string | undefined
  let closed = 0
  /** Since the download port was opened: the DLOAD switch was answered; an image was announced. */
  let switched = false
  let announced = false
  /** What it preferred before anything was changed: QMI's bytes, AT's words. */
  let oldest: Uint8Array | undefined
  let oldestByAt: string | undefined
  let place = 0
  let at = 0

  const learn = (fact: Fact, { number }: Line): void => {
    facts.set(fact, (facts.get(fact) ?? new Set()).add(number))
  }
  const change = (what: string, ...without: ReadonlyArray<string | false>): void => {
    changes.push(what)
    places.push(place)
    for (const missing of without) if (missing !== false) violations.push(`${what} without ${missing}`)
  }
  const missingFacts = (...wanted: ReadonlyArray<Fact>): ReadonlyArray<string> =>
    wanted.filter((fact) => !facts.has(fact)).map((fact) => `the modem's ${fact}`)
  /** Every file was read from its beginning to its end. */
  const missingChecks = (): ReadonlyArray<string> =>
    Object.entries(files)
      .filter(([name, bytes]) => (readTo.get(name) ?? 0) < bytes.length)
      .map(([name]) => `a check of ${name}`)

  /** Whether the images themselves say so: in the text of their headers or in their names. */
  const namedByImages = (words: ReadonlyArray<string>): boolean => {
    const all = Object.entries(files)
    return words.every((word) =>
      all.some(
        ([name, bytes]) =>
          name.includes(word) || Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).includes(word)
      )
    )
  }

  const listed = (): ReadonlyArray<Stored> => (stored !== undefined && facts.has("stored") ? stored.images : [])

  /** Firmware and carrier image of the same version, both listed: nothing has to be sent for them. */
  const namedByStored = (firmware: string, carrier: string, config: string): boolean =>
    listed().some(({ build, type }) => type === 0 && build === `${firmware}_?`) &&
    listed().some(({ build, type, unique }) => type === 1 && build === `${firmware}_${carrier}` && unique === config)

  /** Exactly one that was listed on this opening of the port, and not what runs. */
  const deletionSent = (what: string, is: (image: Stored) => boolean): void => {
    const found = listed().filter(is)
    const runs = found.some(
      ({ build, running, type, unique }) =>
        running ||
        (type === 1 &&
          build === `${current[0] ?? ""}_${current[1] ?? ""}` &&
          `${current[1] ?? ""}_${unique}` === current[2])
    )
    change(
      what,
      ...missingFacts("revision", "preference", "stored"),
      found.length === 0 && "an image that the modem lists",
      found.length > 1 && "one image that is meant",
      runs && "leaving alone what runs"
    )
  }

  const preferenceSent = (tlv: Uint8Array | undefined): void => {
    if (tlv === undefined) return change("Set Firmware Preference", "its images")
    if ([told, oldest].some((one) => one !== undefined && equal(tlv, one))) {
      return change("Set Firmware Preference (back)", ...missingFacts("revision", "preference"))
    }
    // Count, then type, 16 bytes of unique id, length and build id each (§6.4).
    const words: Array<string> = []
    for (let at = 1; at + 18 <= tlv.length;) {
      const size = tlv[at + 17] ?? 0
      const unique = latin1(tlv.subarray(at + 1, at + 17)).replaceAll("\0", "")
      const [firmware = "", carrier = ""] = latin1(tlv.subarray(at + 18, at + 18 + size)).split("_")
      words.push(firmware, ...(carrier === "?" ? [] : [carrier]), ...(unique === "?_?" ? [] : unique.split("_")))
      at += 18 + size
    }
    const [firmware = "", , carrier = "", ...config] = words
    change(
      "Set Firmware Preference",
      ...missingFacts("revision", "mode", "preference", "stored"),
      ...missingChecks(),
      words.length < 4 && "its images",
      !namedByImages(words) && !namedByStored(firmware, carrier, config.join("_")) && "images that name it"
    )
  }

  const modeSent = (mode: number | undefined): void => {
    switch (mode) {
      case 0:
        return change("Set Operating Mode (online)", ...missingFacts("revision", "mode"))
      case 3:
      case 4:
        return change(
          `Set Operating Mode (${mode === 3 ? "offline" : "reset"})`,
          ...missingFacts("revision", "mode"),
          !armed && !troubled && "a reason to restart"
        )
      default:
        return change(`Set Operating Mode (${String(mode)})`, "any licence")
    }
  }

  const holdSent = (what: string): void => {
    ordered = true
    change(what, ...missingFacts("revision", "mode"), ...missingChecks())
  }

  const tlvOf = (frame: Uint8Array, from: number, type: number): Uint8Array | undefined => {
    for (let at = from; at + 3 <= frame.length; at += 3 + u16(frame, at + 1)) {
      if (frame[at] === type) return frame.subarray(at + 3, at + 3 + u16(frame, at + 1))
    }
    return undefined
  }

  /** One QMUX frame of the host (§1): 6 bytes, then flags, transaction, id, length. */
  const askedQmi = (line: Line, frame: Uint8Array): void => {
    const service = frame[4] ?? 0
    const ctl = service === 0
    const id = u16(frame, ctl ? 8 : 9)
    const body = frame.subarray(ctl ? 12 : 13)
    const transaction = ctl ? (frame[7] ?? 0) : u16(frame, 7)
    line.asked.set(`${String(service)}:${String(frame[5])}:${String(transaction)}`, { id, body })
    if (ctl ? harmlessCtl.has(id) : service === 2 && harmlessDms.has(id)) return
    const [value] = tlvOf(body, 0, 1) ?? []
    if (service === 2 && id === setPreference) return preferenceSent(tlvOf(body, 0, 1))
    if (service === 2 && id === deleteImage) {
      // Type, 16 bytes of unique id, length and build id (§7).
      const tlv = tlvOf(body, 0, 1) ?? new Uint8Array(0)
      const unique = latin1(tlv.subarray(1, 17)).replaceAll("\0", "")
      const build = latin1(tlv.subarray(18, 18 + (tlv[17] ?? 0)))
      return deletionSent(
        "Delete Stored Image",
        (image) => image.type === tlv[0] && image.unique === unique && image.build === build
      )
    }
    if (service === 2 && id === setMode) return modeSent(value)
    if (service === 2 && id === setFirmwareId) return holdSent("Set Firmware ID")
    if (service === 2 && id === setDownloadMode) {
      return value === 0
        ? change("Set Boot Image Download Mode (normal)", ...missingFacts("revision"))
        : holdSent("Set Boot Image Download Mode")
    }
    change(`message ${hex(id)} of service ${hex(service)}`, "any licence")
  }

  const answeredQmi = (line: Line, frame: Uint8Array): void => {
    const service = frame[4] ?? 0
    const ctl = service === 0
    if (((frame[6] ?? 0) & (ctl ? 1 : 2)) === 0) return
    const key = `${String(service)}:${String(frame[5])}:${String(ctl ? frame[7] : u16(frame, 7))}`
    const question = line.asked.get(key)
    line.asked.delete(key)
    const body = frame.subarray(ctl ? 12 : 13)
    if (question === undefined || service !== 2 || u16(frame, 9) !== question.id) return
    const result = tlvOf(body, 0, 2)
    if (result === undefined) return
    const good = u16(result, 0) === 0
    for (const [fact, id] of Object.entries(factNames)) if (id === question.id && good) learn(fact as Fact, line)
    // "I have none" is an answer too (§9: 71, 94, 25); it is only no preference.
    if (!good && [71, 94, 25].includes(u16(result, 2)) && question.id === factNames.stored) learn("stored", line)
    if (!good) return
    if (question.id === factNames.stored) {
      stored = { line: line.number, images: storedIn(tlvOf(body, 0, 1) ?? new Uint8Array(0)) }
    }
    if (question.id === factNames.preference) {
      told = tlvOf(body, 0, 1)
      oldest ??= told
    }
    if (question.id === factNames.mode) troubled ||= (tlvOf(body, 0, 1)?.[0] ?? 0) !== 0
    if (question.id === 0x004f) troubled ||= (tlvOf(body, 0, 0x10)?.[0] ?? 0) !== 0
    if (question.id === setPreference) armed = true
    if (question.id === setDownloadMode) armed = tlvOf(question.body, 0, 1)?.[0] === 1
  }

  /** Whole frames of a control port: QMUX by its length, or QMUX inside MBIM commands and their answers (§5). */
  const control = (line: Line, pending: Uint8Array, take: (frame: Uint8Array) => void): Uint8Array => {
    let rest = pending
    for (;;) {
      if (line.mbim) {
        const size = u32(rest, 4)
        if (rest.length < 12 || rest.length < size) return rest
        const type = u32(rest, 0)
        const isQmi = Buffer.from(rest.subarray(20, 36)).toString("hex") === qmiOverMbim
        if ((type === 3 || type === 0x80000003) && isQmi && u32(rest, 12) === 1) take(rest.subarray(48, size))
        if ((type === 3 || type === 0x80000003) && isQmi && u32(rest, 12) !== 1) {
          violations.push("a QMI message in fragments, which this monitor does not follow")
        }
        rest = rest.subarray(Math.max(size, 12))
      } else {
        const size = u16(rest, 1) + 1
        if (rest.length < 3 || rest.length < size) return rest
        take(rest.subarray(0, size))
        rest = rest.subarray(size)
      }
    }
  }

  /** AT (at.md): a question mark at the end asks; the rest is known here or is not licensed. */
  const askedAt = (line: Line, command: string): void => {
    line.command = command
    line.text = ""
    if (command === "" || harmlessAt.has(command.toUpperCase())) return
    // Unlocks commands for this session; without the revision nobody knows what they would do.
    if (/^AT!ENTERCND="/i.test(command)) {
      if (!facts.has("revision")) violations.push("AT!ENTERCND without the modem's revision")
      return
    }
    if (/^AT!BOOTHOLD$/i.test(command)) return holdSent("AT!BOOTHOLD")
    if (/^AT!RESET$/i.test(command)) return change("AT!RESET", !armed && !troubled && "a reason to restart")
    const preference = /^AT!(?:GOBI)?IMPREF="([^"]*)","([^"]*)","([^"]*)"$/i.exec(command)
    if (preference !== null) {
      const [, firmware = "", carrier = "", config = ""] = preference
      if ([firmware, carrier, config].join() === oldestByAt) {
        return change("AT!IMPREF= (back)", ...missingFacts("revision", "preference"))
      }
      const version = config.replace(`${carrier}_`, "")
      const named =
        namedByImages([firmware, carrier, ...version.split("_")]) || namedByStored(firmware, carrier, version)
      return change(
        "AT!IMPREF=",
        ...missingFacts("revision", "mode", "preference", "stored"),
        ...missingChecks(),
        !named && "images that name it"
      )
    }
    const slot = /^AT!IMAGE=0,0,(\d+)$/i.exec(command)?.[1]
    if (slot !== undefined) {
      return deletionSent("AT!IMAGE=0", (image) => image.type === 0 && image.slot === Number(slot))
    }
    const [, build, unique] = /^AT!IMAGE=0,1,FF,"([^"]*)","([^"]*)"$/i.exec(command) ?? []
    if (build !== undefined) {
      return deletionSent("AT!IMAGE=0", (image) => image.type === 1 && image.build === build && image.unique === unique)
    }
    change(command, "any licence")
  }

  const answeredAt = (line: Line, bytes: Uint8Array): void => {
    line.text += latin1(bytes)
    const { command, text } = line
    const [, final] = /(?:^|\r?\n)(OK|ERROR|\+CME ERROR:.*|NOT IMPLEMENTED)\r?\n/.exec(text) ?? []
    if (final === undefined) return
    // A command that this modem does not have is an answer too: it tells of no stored images.
    if (/^AT!IMAGE\?$/i.test(command)) learn("stored", line)
    if (final !== "OK") return
    if (/^AT!IMAGE\?$/i.test(command)) stored = { line: line.number, images: storedRows(text) }
    if (/^AT!(?:GOBI)?IMPREF\?$/i.test(command)) {
      current = ["fw version", "carrier name", "config name"].map(
        (name) => new RegExp(`current ${name}: +(\\S*)`).exec(text)?.[1] ?? ""
      )
    }
    if (/^ATI$/i.test(command) && /Revision: \S/.test(text)) learn("revision", line)
    if (/^AT!PCINFO\?$/i.test(command) && /State: \S/.test(text)) learn("mode", line)
    if (/^AT!GSTATUS\?$/i.test(command) && /Mode: +\S/.test(text)) learn("mode", line)
    if (/^AT!(?:GOBI)?IMPREF\?$/i.test(command) && text.includes("preferred fw version")) {
      learn("preference", line)
      const words = ["fw version", "carrier name", "config name"].map(
        (name) => new RegExp(`preferred ${name}: +(\\S+)`).exec(text)?.[1] ?? ""
      )
      oldestByAt ??= words.join()
    }
    if (/^AT!(?:GOBI)?IMPREF=/i.test(command)) armed = true
  }

  /** Without flags, escapes and checksum (qdl.md §2). */
  const unframed = (body: Uint8Array): Uint8Array => {
    const out: Array<number> = []
    for (let at = 0; at < body.length; at++) out.push(body[at] === 0x7d ? (body[++at] ?? 0) ^ 0x20 : (body[at] ?? 0))
    return Uint8Array.from(out.slice(0, -2))
  }

  const openSent = (message: Uint8Array): void => {
    // Command, type, length u32, window, chunk size u32, flags u16, header (qdl.md §3.4).
    const header = message.subarray(13)
    const file = Object.entries(files).find(([, bytes]) => equal(header, bytes.subarray(0, 400)))
    const length = u32(message, 2)
    change(
      "QDL Open",
      ...missingChecks(),
      file === undefined && "a file that begins with its header",
      file !== undefined && length !== file[1].length && "the length of its file",
      !greeted && "Hello",
      (transfer !== undefined || (unfinished !== undefined && unfinished !== file?.[0])) &&
        "the end of the image before",
      ranBefore && !armed && !ordered && "an order that sent the modem here"
    )
    greeted = false
    announced = true
    unfinished = undefined
    transfer = {
      file: file?.[0] ?? "?",
      bytes: file?.[1] ?? new Uint8Array(0),
      open: "asked",
      next: 400,
      acknowledged: 400,
      sequence: 0,
      asked: "open",
      since: at,
      failed: false,
      again: false
    }
  }

  /** In the middle of an image Hello gives it up (qdl.md §5): licensed where something of it failed or got no answer. */
  const helloSent = (): void => {
    if (transfer !== undefined) transfer.again = transfer.failed || transfer.asked !== undefined
  }
  const helloAnswered = (): void => {
    greeted = true
    unfinished = transfer?.file ?? unfinished
    transfer = undefined
  }
  const answered = (good: boolean): void => {
    if (transfer?.asked === undefined) return
    transfer.failed ||= !good || at - transfer.since >= patience[transfer.asked]
    transfer.asked = undefined
  }

  /** 13 bytes and the data, raw: command, sequence u16, address u32, length u32, CRC (qdl.md §3.5). */
  const writeSent = (message: Uint8Array): void => {
    const data = message.subarray(13)
    const current = transfer
    change(
      "QDL Write",
      current?.open !== "yes" && "an open image",
      current !== undefined && u16(message, 1) !== current.sequence && "the next number",
      current !== undefined && current.acknowledged !== current.next && "an answer to the chunk before",
      current !== undefined &&
        !equal(data, current.bytes.subarray(current.next, current.next + data.length)) &&
        "the bytes that were checked",
      u32(message, 7) !== data.length && "as many bytes as it says"
    )
    if (current === undefined) return
    current.next += data.length
    current.sequence++
    current.asked = "write"
    current.since = at
  }

  const sentQdl = (message: Uint8Array): void => {
    switch (message[0]) {
      case 0x01:
        return helloSent()
      case 0x70:
      case 0x2e:
      case 0x06:
        return
      case 0x25:
        return openSent(message)
      case 0x29:
        change(
          "QDL Close",
          (transfer?.open !== "yes" || transfer.acknowledged !== transfer.bytes.length) && "the whole image"
        )
        if (transfer !== undefined) {
          transfer.asked = "close"
          transfer.since = at
        }
        return
      case 0x2d:
        // Nothing was written in this session: it starts what its flash holds.
        if (!announced) return change("QDL Reset (leave)", !switched && "an answer to the DLOAD switch")
        change(
          "QDL Reset",
          ((transfer !== undefined && transfer.open !== "not required") || unfinished !== undefined) &&
            "the end of the image",
          closed === 0 && "an image"
        )
        return
      default:
        change(`QDL command ${hex(message[0] ?? 0)}`, "any licence")
    }
  }

  const heardQdl = (message: Uint8Array): void => {
    // Switched, or no need to (qdl.md §3.1).
    switched ||= message[0] === 0x02 || message[0] === 0x0d
    switch (message[0]) {
      case 0x02:
        if (message.length > 1 && (transfer === undefined || transfer.again)) helloAnswered()
        return
      // Some 9200 refuse Hello and go on all the same (qdl.md §3.3).
      case 0x0d:
        if (transfer === undefined || transfer.again) helloAnswered()
        else answered(false)
        return
      case 0x26:
        if (transfer === undefined) return
        answered(u16(message, 1) === 0 || u16(message, 1) === 7)
        if (u16(message, 1) === 7) {
          transfer = undefined
          closed++
        } else if (u16(message, 1) === 0) transfer.open = "yes"
        return
      case 0x28:
        answered(u16(message, 7) === 0 && u16(message, 1) === (transfer?.sequence ?? 0) - 1)
        if (transfer !== undefined && u16(message, 7) === 0 && u16(message, 1) === transfer.sequence - 1) {
          transfer.acknowledged = transfer.next
        }
        return
      case 0x2a:
        answered(u16(message, 1) === 0)
        if (u16(message, 1) !== 0 || transfer?.failed === true) return
        closed++
        transfer = undefined
        return
      default:
        return
    }
  }

  /** A write of the host is one message: a frame, or a raw chunk. */
  const downloadSent = (bytes: Uint8Array): void => {
    if (bytes[0] === 0x27) return writeSent(bytes)
    for (const body of splitFlags(bytes)) sentQdl(unframed(body))
  }

  for (const [index, seen] of trace.entries()) {
    place = index
    if ("at" in seen) at = seen.at
    switch (seen._tag) {
      case "FileRead": {
        const before = readTo.get(seen.file) ?? 0
        if (seen.offset <= before) readTo.set(seen.file, Math.max(before, seen.offset + seen.length))
        break
      }
      case "Plugged":
        facts.clear()
        told = undefined
        held = seen.held
        if (!held) ranBefore = true
        // A start in application mode uses up what was ordered.
        if (!held) armed = ordered = false
        troubled = false
        greeted = false
        transfer = undefined
        unfinished = undefined
        closed = 0
        break
      case "Unplugged":
        facts.clear()
        told = undefined
        break
      case "Opened":
        // Whoever had the port before has given up what it had begun.
        if (seen.role === "download") {
          switched = announced = greeted = false
          transfer = undefined
          unfinished = undefined
        }
        lines.set(seen.line, {
          number: seen.line,
          role: seen.role,
          mbim: seen.driver === "cdc_mbim",
          toModem: new Uint8Array(0),
          fromModem: new Uint8Array(0),
          asked: new Map(),
          command: "",
          text: ""
        })
        break
      case "Closed":
        // Another opening of a port may have been told the same.
        for (const [fact, told] of facts) if (told.delete(seen.line) && told.size === 0) facts.delete(fact)
        break
      case "Sent":
      case "Heard": {
        const line = lines.get(seen.line)
        const sent = seen._tag === "Sent"
        if (line === undefined) violations.push("bytes at a port that nobody opened")
        else if (line.role === "control") {
          const pending = Buffer.concat([sent ? line.toModem : line.fromModem, seen.bytes])
          const rest = control(line, pending, (frame) => (sent ? askedQmi : answeredQmi)(line, frame))
          if (sent) line.toModem = rest
          else line.fromModem = rest
        } else if (line.role === "at") {
          if (sent) for (const command of latin1(seen.bytes).split("\r").slice(0, -1)) askedAt(line, command.trim())
          else answeredAt(line, seen.bytes)
        } else if (line.role === "download") {
          if (!held) violations.push("download protocol with a modem that is not held")
          if (sent) downloadSent(seen.bytes)
          else {
            const pending = Buffer.concat([line.fromModem, seen.bytes])
            const end = pending.lastIndexOf(0x7e)
            for (const body of splitFlags(pending.subarray(0, end + 1))) heardQdl(unframed(body))
            line.fromModem = pending.subarray(end + 1)
          }
        } else if (sent) violations.push(`bytes at a port of role ${line.role}`)
      }
    }
  }
  return { changes, places, violations }
}

/** What stands between flags. */
const splitFlags = (bytes: Uint8Array): ReadonlyArray<Uint8Array> => {
  const out: Array<Uint8Array> = []
  for (let from = 0; from < bytes.length;) {
    const flag = bytes.indexOf(0x7e, from)
    const to = flag === -1 ? bytes.length : flag
    if (to - from > 2) out.push(bytes.subarray(from, to))
    from = to + 1
  }
  return out
}
