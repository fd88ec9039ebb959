import { assert, describe, it } from "@effect/vitest"
import { commandCatalogue } from "../../src/cli/CommandError.ts"
import { exitCodes, exitOf, exitOfCode } from "../../src/cli/exit-codes.ts"
import type { ExitCode } from "../../src/cli/exit-codes.ts"
import { busCatalogue } from "../../src/device/BusError.ts"
import { historyCatalogue } from "../../src/journal/HistoryError.ts"
import { imageFileCatalogue } from "../../src/file/ImageFileError.ts"
import { imageCatalogue } from "../../src/image/ImageError.ts"
import { planCatalogue } from "../../src/plan/PlanError.ts"
import { decodeCatalogue } from "../../src/protocol/decode/decode.ts"
import { hexCatalogue } from "../../src/protocol/hex.ts"
import { mbimCodecCatalogue } from "../../src/protocol/mbim/MbimCodecError.ts"
import { firmwareIdCatalogue } from "../../src/protocol/qmi/firmware-id.ts"
import { qmiCodecCatalogue } from "../../src/protocol/qmi/QmiCodecError.ts"
import { recoveryCatalogue } from "../../src/recovery/RecoveryError.ts"
import { serveCatalogue } from "../../src/serve/ServeError.ts"
import { atCatalogue } from "../../src/session/AtError.ts"
import { mbimCatalogue } from "../../src/session/MbimError.ts"
import { qdlCatalogue } from "../../src/session/QdlError.ts"
import { qmiCatalogue } from "../../src/session/QmiError.ts"
import { transportCatalogue } from "../../src/transport/TransportError.ts"
import { Condition } from "../../src/update/condition.ts"
import { flowCatalogue } from "../../src/update/FlowError.ts"
import { journalCatalogue } from "../../src/update/JournalError.ts"
import { lockCatalogue } from "../../src/update/LockError.ts"
import { readdirSync, readFileSync } from "node:fs"

const catalogues = {
  atCatalogue,
  busCatalogue,
  commandCatalogue,
  decodeCatalogue,
  firmwareIdCatalogue,
  flowCatalogue,
  hexCatalogue,
  historyCatalogue,
  imageCatalogue,
  imageFileCatalogue,
  journalCatalogue,
  lockCatalogue,
  mbimCatalogue,
  mbimCodecCatalogue,
  planCatalogue,
  qdlCatalogue,
  qmiCatalogue,
  qmiCodecCatalogue,
  recoveryCatalogue,
  serveCatalogue,
  transportCatalogue
}
const codes = Object.values(catalogues).flatMap((catalogue) => Object.values(catalogue).map(({ code }) => code))
const table: ReadonlyArray<ExitCode> = Object.values(exitCodes)

describe("exit codes", () => {
  it("know every error code of every catalogue", () => {
    assert.deepStrictEqual(
      codes.filter((code) => exitOfCode(code) === exitCodes.unexpected.exit),
      []
    )
  })

  it("name no code that nothing fails with, and none twice", () => {
    const named = table.flatMap((entry) => entry.codes)
    assert.deepStrictEqual(
      named.filter((code) => !codes.includes(code)),
      []
    )
    assert.lengthOf(named, new Set(named).size)
  })

  it("are held against all the catalogues that there are", () => {
    const sources = readdirSync("src", { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".ts"))
    const found = sources.flatMap((file) =>
      [...readFileSync(`src/${file}`, "utf8").matchAll(/^export const (\w*[cC]atalogue): Catalogue</gm)].map(
        ([, name]) => name
      )
    )
    assert.deepStrictEqual(found.sort(), Object.keys(catalogues).sort())
  })

  it("are distinct, and of the range that a shell can tell apart from signals", () => {
    const numbers = table.map(({ exit }) => exit)
    assert.lengthOf(numbers, new Set(numbers).size)
    assert.isTrue(numbers.every((exit) => exit < 126 || exit === exitCodes.interrupted.exit))
    assert.strictEqual(exitCodes.interrupted.exit, 130)
  })

  it("say that the modem waits in boot-and-hold whatever went wrong on the way", () => {
    const code = "TRANSPORT_UNPLUGGED"
    const of = (condition: Condition) => exitOf({ code, condition })
    assert.strictEqual(of(Condition.cases.HalfWritten.make({ image: "a", sent: 1, bytes: 2 })), 7)
    assert.strictEqual(of(Condition.cases.BootAndHold.make({})), 7)
    assert.strictEqual(of(Condition.cases.WrittenNotReset.make({})), 7)
    assert.strictEqual(of(Condition.cases.Untouched.make({})), exitCodes.connection.exit)
    assert.strictEqual(of(Condition.cases.LeftBus.make({})), exitCodes.connection.exit)
    assert.strictEqual(exitOf({ code }), exitCodes.connection.exit)
  })

  it("say that another program holds the port also in boot-and-hold: it may be updating the modem", () => {
    const condition = Condition.cases.BootAndHold.make({})
    assert.strictEqual(exitOf({ code: "TRANSPORT_BUSY", condition }), exitCodes.busy.exit)
  })
})
