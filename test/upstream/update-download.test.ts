/**
 * The simulated boot loader against an independent client: `qmi-firmware-update --update-download` of Debian's
 * libqmi-utils, unmodified, flashes it through a pseudo terminal of `boothold simulate`. Client and simulator of this repository could share a
 * mistake; that program cannot have it.
 */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { spawnSync } from "node:child_process"
import { createHash } from "node:crypto"
import { realpathSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import * as Modem from "../../src/device/Modem.ts"
import * as Image from "../../src/file/Image.ts"
import { ImageFiles, inMemory } from "../../src/file/ImageSource.ts"
import { HeaderSize } from "../../src/image/CweHeader.ts"
import * as Sim from "../../src/sim/index.ts"
import { Tap } from "../../src/transport/Connection.ts"
import * as Update from "../../src/update/Update.ts"
import { compare, differenceText, judge } from "../fidelity/compare.ts"
import { conversation, type Message, type Transfer } from "../fidelity/conversation.ts"
import { allowedDifferences } from "../fidelity/licences.ts"
import { images9200, images9x15, images9x30, spk9x15 } from "../support/simulated-update.ts"
import type { Files } from "../support/simulated-update.ts"
import { bytesIn, journalOf, simulateProcess, temporaryFolder } from "../support/simulate-process.ts"
import { runProgram } from "./run-program.ts"

const runs = (command: string, ...args: ReadonlyArray<string>) => spawnSync(command, args).status === 0

const missing = [
  process.getuid?.() === 0 ? "" : "root",
  runs("qmi-firmware-update", "--version") ? "" : "qmi-firmware-update (Debian package libqmi-utils)",
  runs("unshare", "--mount", "--propagation", "private", "true") ? "" : "the right to unshare a mount namespace"
].filter((what) => what !== "")

if (missing.length > 0) {
  console.warn(`SKIPPED: the proof against Debian's qmi-firmware-update; it needs ${missing.join(", ")}`)
}

/** Payload in the pieces that the program sends: cut on payload offsets, the first one full (qdl.md §3.5). */
const chunksOf = (file: Uint8Array) => {
  const chunks: Array<Buffer> = []
  for (let at = HeaderSize; at < file.length; at += 1_048_576) {
    chunks.push(Buffer.from(file.subarray(at, Math.min(file.length, at + 1_048_576))))
  }
  return chunks
}

/** Flashes a modem that waits in boot-and-hold, told to run what comes: as after a preference whose images are missing. */
const update = Effect.fnUntraced(function* (model: Sim.ModelName, files: Files, preference?: Sim.Preference) {
  const work = yield* temporaryFolder
  const paths = Object.entries(files).map(([name, bytes]) => {
    writeFileSync(join(work, name), bytes)
    return join(work, name)
  })
  const told = preference === undefined ? [] : ["--preference", Object.values(preference).join(",")]
  const journalFile = join(work, "journal")
  const transcript = join(work, "transcript")
  const outputs = ["--pty", join(work, "ports"), "--journal", journalFile, "--transcript", transcript]
  const server = yield* simulateProcess([model, "--mode", "boot-and-hold", "--instant", ...told, ...outputs])
  const [served] = server.ready
  assert(served !== undefined)
  const exit = yield* runProgram("bash", [
    fileURLToPath(new URL("one-modem-namespace.sh", import.meta.url)),
    realpathSync(served.served["download"] ?? ""),
    ...(served.vidPid ?? "").split(":"),
    "qmi-firmware-update",
    ...["--ignore-mm-runtime-check", "--update-download", "--tty", "/dev/ttyUSB90", "--verbose"],
    ...paths
  ])
  assert.strictEqual(exit.status, 0, exit.output)
  yield* server.line(({ _tag }) => _tag === "Booted")
  const answer = yield* server.send("state")
  assert(answer._tag === "State")
  const state = answer.modems[0]?.state
  assert(state !== undefined)
  assert.strictEqual(state.mode, "application")
  yield* server.send("quit")
  assert.strictEqual((yield* server.ended).code, 0)

  const journal = journalOf(journalFile)
  const sorted = Object.values(files).toSorted((a, b) => b.length - a.length)
  assert.deepStrictEqual(
    journal.flatMap((entry) => (entry._tag === "ImageReceived" ? [entry.sha256] : [])),
    sorted.map((bytes) => createHash("sha256").update(bytes).digest("hex"))
  )
  // The same said by the wire alone, without what the simulator made of it.
  const written = bytesIn(transcript, "download", "to-modem")
  let at = 0
  for (const chunk of sorted.flatMap(chunksOf)) {
    const found = written.indexOf(chunk, at)
    assert.isAtLeast(found, at, `a chunk of ${String(chunk.length)} bytes came through whole and in order`)
    at = found + chunk.length
  }
  assert.deepStrictEqual(
    journal.flatMap((entry) => (entry._tag === "ImageAbandoned" ? [entry.why] : [])),
    []
  )
  return { state, journal, said: conversation([transferOf(written)]) }
}, Effect.scoped)

const transferOf = (bytes: Uint8Array): Transfer => ({
  at: 0,
  enumeration: 1,
  port: "download",
  direction: "to-modem",
  bytes: Buffer.from(bytes).toString("hex")
})

/** What we say to the same modem on its download port, with the same images. */
const weSay = (setup: Sim.ModemSetup, files: Files) =>
  Effect.gen(function* () {
    const pieces: Array<Transfer> = []
    const images = yield* Image.openSet(Object.keys(files))
    const plan = yield* Update.planDownload(yield* Modem.select(), images)
    yield* Effect.provideService(Update.run(plan), Tap, ({ bytes, direction, endpoint }) =>
      Effect.sync(() => {
        if (direction === "to-modem" && endpoint.endsWith("/download")) pieces.push(transferOf(bytes))
      })
    )
    return conversation(pieces)
  }).pipe(
    Effect.scoped,
    Effect.provideService(ImageFiles, inMemory(files)),
    Effect.provide(Layer.fresh(Sim.layer(setup)))
  )

/** Byte by byte: what differs must be licensed by the protocol documents. */
const sameBytes = Effect.fnUntraced(function* (setup: Sim.ModemSetup, files: Files, theirs: ReadonlyArray<Message>) {
  const { forbidden } = judge(compare(theirs, yield* weSay(setup, files)), allowedDifferences.allowed)
  assert.deepStrictEqual(forbidden.map(differenceText), [])
})

/** In boot-and-hold, told to run what comes: as after a preference was set whose images are missing. */
const holding = (model: Sim.Model, preference?: Sim.Preference) =>
  Sim.setup(model, {
    mode: "boot-and-hold",
    timing: Sim.instant,
    ...(preference === undefined ? {} : { preference })
  })

const limit = 60_000

describe.skipIf(missing.length > 0).concurrent("qmi-firmware-update --update-download", () => {
  it.live(
    "flashes an EM7455 with a system and a carrier image",
    () =>
      Effect.gen(function* () {
        const preference = { firmware: "02.33.03.00", config: "002.072_000", carrier: "GENERIC" }
        const setup = holding(Sim.models.em7455, preference)
        const { journal, said, state } = yield* update("em7455", images9x30, preference)
        yield* sameBytes(setup, images9x30, said)
        const { build: _, ...running } = state.running
        assert.deepStrictEqual(running, { ...preference, slot: 2 })
        assert.strictEqual(state.operatingMode, 0)
        // The versions that it tries, and that it says Hello again for each image (qdl.md §5).
        const requests = journal.flatMap((entry) => (entry._tag === "QdlRequest" ? [entry.request] : []))
        assert.deepStrictEqual(requests.slice(0, 6), [
          "DloadSwitch",
          "Hello",
          "Hello",
          "Hello",
          "Hello",
          "OpenUnframed"
        ])
        assert.deepStrictEqual(requests.slice(-5), ["Hello", "OpenUnframed", "WriteUnframed", "CloseUnframed", "Reset"])
      }),
    limit
  )

  it.live(
    "flashes an MC7354 with a system and a carrier image",
    () =>
      Effect.gen(function* () {
        const preference = { firmware: "05.05.78.00", config: "005.031_001", carrier: "GENEU-4G" }
        const setup = holding(Sim.models.mc7354, preference)
        const { said, state } = yield* update("mc7354", images9x15, preference)
        yield* sameBytes(setup, images9x15, said)
        const { build: _, ...running } = state.running
        assert.deepStrictEqual(running, { ...preference, slot: 2 })
      }),
    limit
  )

  it.live(
    "flashes an MC7354 with one combined image",
    () =>
      Effect.gen(function* () {
        const preference = { firmware: "05.05.78.00", config: "005.031_001", carrier: "GENEU-4G" }
        const setup = holding(Sim.models.mc7354, preference)
        const { said, state } = yield* update("mc7354", spk9x15, preference)
        yield* sameBytes(setup, spk9x15, said)
        const { build: _, ...running } = state.running
        assert.deepStrictEqual(running, { ...preference, slot: 2 })
      }),
    limit
  )

  it.live(
    "flashes an MC7710, which has one slot and no preference",
    () =>
      Effect.gen(function* () {
        const setup = holding(Sim.models.mc7710)
        const { said, state } = yield* update("mc7710", images9200)
        yield* sameBytes(setup, images9200, said)
        assert.strictEqual(state.running.firmware, "03.05.29.03")
        assert.strictEqual(state.running.slot, 1)
      }),
    limit
  )
})
