/** Which protocol is spoken in boot-and-hold: by family and ids, by listening, as the user says. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import { modemOf } from "../../src/device/Modem.ts"
import * as Image from "../../src/file/Image.ts"
import { ImageFiles, inMemory } from "../../src/file/ImageSource.ts"
import * as Sim from "../../src/sim/index.ts"
import type { Behaviour } from "../../src/sim/behaviours.ts"
import { DownloadProtocols, ProtocolChoice } from "../../src/update/download-protocol.ts"
import * as Update from "../../src/update/Update.ts"
import { UpdateError } from "../../src/update/UpdateError.ts"
import { images9x30, simulate, succeeded } from "../support/simulated-update.ts"

/** Boot ids that no table has: then only the port itself can tell. */
const unknownBoot = (...behaviours: ReadonlyArray<Behaviour>) =>
  Sim.setup({ ...Sim.models.em7455, bootProductId: 0x9fff }, { behaviours })

const failure = (exit: Exit.Exit<unknown, unknown>): { readonly code: string; readonly message: string } => {
  assert(Exit.isFailure(exit))
  const [reason] = exit.cause.reasons
  assert(reason?._tag === "Fail")
  return reason.error as { readonly code: string; readonly message: string }
}

const asked = (journal: ReadonlyArray<Sim.JournalEntry>) => journal.filter(({ _tag }) => _tag === "QdlRequest").length

describe("the protocol of the download port", () => {
  it.effect("is QDL where the port is unknown and says nothing for two seconds", () =>
    Effect.gen(function* () {
      const run = yield* simulate(unknownBoot(), { files: images9x30 })
      assert.strictEqual(succeeded(run).result.outcome, "updated")
      const opened = run.journal.flatMap((entry) =>
        entry._tag === "PortOpened" && entry.port === "download" ? [entry.at] : []
      )
      const closed = run.journal.flatMap((entry) =>
        entry._tag === "PortClosed" && entry.port === "download" ? [entry.at] : []
      )
      assert.strictEqual(opened.length, 2)
      assert.strictEqual(closed[0]! - opened[0]!, 2000)
    })
  )

  it.effect("is Sahara where the unknown port says so, and nothing is sent to it", () =>
    Effect.gen(function* () {
      const run = yield* simulate(unknownBoot(Sim.behaviour("saharaInstead")), { files: images9x30 })
      const error = failure(run.exit)
      assert(error instanceof UpdateError)
      assert.strictEqual(error.code, "UPDATE_PROTOCOL_MISSING")
      assert.match(error.message, /Sahara.*as it says itself/)
      assert.strictEqual(asked(run.journal), 0)
      assert.strictEqual(error.condition._tag, "BootAndHold")
    })
  )

  it.effect("is not listened for where family and boot ids tell it: a crashed 9x30 is found out by its Hello", () =>
    Effect.gen(function* () {
      const run = yield* simulate(Sim.em7455({ behaviours: [Sim.behaviour("saharaInstead")] }), { files: images9x30 })
      assert.strictEqual(failure(run.exit).code, "QDL_SPEAKS_SAHARA")
      const good = yield* simulate(Sim.em7455(), { files: images9x30 })
      assert.strictEqual(
        good.journal.filter((entry) => entry._tag === "PortOpened" && entry.port === "download").length,
        1
      )
    })
  )

  it.effect("a port that echoes is called an AT port", () =>
    Effect.gen(function* () {
      const run = yield* simulate(Sim.em7455({ behaviours: [Sim.behaviour("echoesDownload")] }), {
        files: images9x30,
        plan: { rollbackOnFailure: false }
      })
      assert.strictEqual(failure(run.exit).code, "QDL_ECHOES_AT")
      assert.strictEqual(asked(run.journal), 1)
    })
  )

  it.effect("is what the user says: QDL without listening, Sahara with an error before anything is asked", () =>
    Effect.gen(function* () {
      const qdl = yield* simulate(unknownBoot(), { files: images9x30 }).pipe(
        Effect.provideService(ProtocolChoice, "qdl")
      )
      assert.strictEqual(succeeded(qdl).result.outcome, "updated")
      assert.strictEqual(
        qdl.journal.filter((entry) => entry._tag === "PortOpened" && entry.port === "download").length,
        1
      )
      const sahara = yield* simulate(Sim.em7455(), { files: images9x30 }).pipe(
        Effect.provideService(ProtocolChoice, "sahara")
      )
      assert.strictEqual(failure(sahara.exit).code, "UPDATE_PROTOCOL_MISSING")
      assert.deepStrictEqual(
        sahara.journal.filter(({ _tag }) => _tag === "PortOpened"),
        []
      )
    })
  )

  it.effect("of a family that speaks Sahara is missing, by its revision and by its boot ids", () =>
    Effect.gen(function* () {
      const running = yield* simulate(Sim.setup({ ...Sim.models.em7455, token: "SWI9X50C" }), { files: images9x30 })
      assert.match(failure(running.exit).message, /Sahara and Firehose \(by its family\)/)

      const modem = modemOf({
        key: "1:5",
        portPath: "1-2",
        vendorId: 0x1199,
        productId: 0x9090,
        interfaceCount: 1,
        ports: []
      })
      const planned = Effect.scoped(
        Effect.gen(function* () {
          const images = yield* Image.openSet(Object.keys(images9x30))
          return yield* Effect.exit(Update.planDownload(modem, images))
        })
      ).pipe(Effect.provideService(ImageFiles, inMemory(images9x30)))
      const held = yield* planned
      assert.match(failure(held).message, /Sahara and Firehose \(by its USB ids\)/)
      // Whoever brings a flow for it is not kept from it by this.
      const withFlow = yield* Effect.provideService(planned, DownloadProtocols, new Set(["qdl", "sahara"] as const))
      assert.strictEqual(failure(withFlow).code, "PLAN_NO_FAMILY")
    })
  )
})
