import { assert, describe, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import { openAtSession } from "../../src/session/AtSession.ts"
import { mostCandidates, probeAtPorts } from "../../src/session/AtProbe.ts"
import type { AtCandidate } from "../../src/session/AtProbe.ts"
import { TransportError } from "../../src/transport/TransportError.ts"
import { bytesOf, inOrder, script } from "../support/scripted-connection.ts"
import type { Script } from "../support/scripted-connection.ts"
import { pass, settle, timed, valueOf } from "../support/virtual-time.ts"

const text = (line: string): Uint8Array => new TextEncoder().encode(line)

/** A MC7455 (at.md §2.1). */
const ati =
  "\r\nManufacturer: Sierra Wireless, Incorporated\r\nModel: MC7455\r\n" +
  "Revision: SWI9X30C_02.33.03.00 r8209 CARMD-EV-FRMWR2 2019/08/28 20:59:30\r\nMEID: 12345678901234\r\n" +
  "IMEI: 123456789012347\r\nIMEI SV: 20\r\nFSN: XX000000000000\r\n+GCAP: +CGSM\r\n\r\n\r\nOK\r\n"

const ate1 = "41 54 45 31 0d"

const modem = script(inOrder([text("ATE1\r\r\nOK\r\n")], [text(`ATI\r${ati}`)]))
const deaf = script()

const candidate = (name: string, { connect }: Pick<Script, "connect">): AtCandidate => ({ name, connect })

describe("looking for the AT port", () => {
  it.effect("keeps the port that says which model it is, and lets the others go", () =>
    Effect.gen(function* () {
      const ports = [yield* deaf, yield* modem, yield* deaf]
      const probe = valueOf(
        (yield* timed(probeAtPorts(ports.map((port, index) => candidate(`ttyUSB${String(index)}`, port))))).exit
      )
      yield* settle
      assert.strictEqual(probe.found?.identification.model, "MC7455")
      assert.strictEqual(
        probe.found?.identification.revision,
        "SWI9X30C_02.33.03.00 r8209 CARMD-EV-FRMWR2 2019/08/28 20:59:30"
      )
      assert.deepStrictEqual(
        ports.map((port) => port.isOpen()),
        [false, true, false]
      )
      assert.deepStrictEqual(probe.answers, [
        { port: "ttyUSB0", answer: "no answer in the 0 s that another port took" },
        { port: "ttyUSB1", answer: "MC7455" },
        { port: "ttyUSB2", answer: "no answer in the 0 s that another port took" }
      ])
    })
  )

  it.effect("costs no time for deaf ports where another one answers, however late within its patience", () =>
    Effect.gen(function* () {
      const late = yield* script()
      const { exit, millis } = yield* timed(
        Effect.all(
          [
            probeAtPorts([candidate("a", yield* deaf), candidate("b", late), candidate("c", yield* deaf)]),
            Effect.gen(function* () {
              yield* late.nextWrite
              yield* Effect.sleep("2500 millis")
              yield* late.say(text("ATE1\r\r\nOK\r\n"))
              // The questions of the seconds in between.
              while ((yield* late.nextWrite) !== "41 54 49 0d") yield* Effect.void
              yield* late.say(text(`ATI\r${ati}`))
            })
          ],
          { concurrency: 2 }
        )
      )
      assert.strictEqual(valueOf(exit)[0].found?.session.endpoint, "script:port")
      assert.isAtMost(millis, 2550)
      assert.deepStrictEqual(late.written().slice(0, 3), [ate1, ate1, ate1])
    })
  )

  it.effect("ends within its patience when nothing answers, and says so of every port", () =>
    Effect.gen(function* () {
      const noise = yield* script(() => [bytesOf("13 70 00 00 99 7e")])
      const busy = new TransportError({ endpoint: "/dev/ttyUSB3", operation: "open", reason: { _tag: "Busy" } })
      const hung: AtCandidate = { name: "hung", connect: Effect.never }
      const { exit, millis } = yield* timed(
        probeAtPorts([
          candidate("deaf", yield* deaf),
          candidate("diag", noise),
          { name: "busy", connect: Effect.fail(busy) },
          hung
        ])
      )
      const probe = valueOf(exit)
      assert.isUndefined(probe.found)
      assert.deepStrictEqual(probe.answers, [
        { port: "deaf", answer: "no answer within 3 s" },
        { port: "diag", answer: 'no answer within 3 s, but ".p...~"' },
        { port: "busy", answer: "cannot open: the port is in use" },
        { port: "hung", answer: "could not be opened in time" }
      ])
      assert.isAtMost(millis, 4000)
    })
  )

  it.effect("takes a port with a reduced parser only for what it is", () =>
    Effect.gen(function* () {
      // The APPn ports of a 9200 in DirectIP (at.md §1).
      const app = yield* script(inOrder([text("\r\nOK\r\n")], [text("\r\nAPP1\r\n\r\nOK\r\n")]))
      const full = yield* script()
      const { exit } = yield* timed(
        Effect.all(
          [
            probeAtPorts([candidate("app", app), candidate("full", full)]),
            Effect.gen(function* () {
              yield* full.nextWrite
              yield* Effect.sleep("500 millis")
              yield* full.say(text("ATE1\r\r\nOK\r\n"))
              yield* full.nextWrite
              yield* full.say(text(`ATI\r${ati}`))
            })
          ],
          { concurrency: 2 }
        )
      )
      const [probe] = valueOf(exit)
      assert.deepStrictEqual(probe.answers, [
        { port: "app", answer: "answers, but says no model: APP1" },
        { port: "full", answer: "MC7455" }
      ])
      assert.deepStrictEqual([app.isOpen(), full.isOpen()], [false, true])
    })
  )

  it.effect("keeps one of two that both answer", () =>
    Effect.gen(function* () {
      const ports = [yield* modem, yield* modem]
      const { exit } = yield* timed(probeAtPorts([candidate("a", ports[0]!), candidate("b", ports[1]!)]))
      yield* settle
      assert.strictEqual(valueOf(exit).found?.identification.model, "MC7455")
      assert.strictEqual(ports.filter((port) => port.isOpen()).length, 1)
    })
  )

  it.effect("asks a bounded number of ports", () =>
    Effect.gen(function* () {
      let opened = 0
      const one: AtCandidate = {
        name: "x",
        connect: Effect.suspend(() => {
          opened++
          return Effect.fail(new TransportError({ endpoint: "x", operation: "open", reason: { _tag: "NotThere" } }))
        })
      }
      const { exit } = yield* timed(probeAtPorts(Array.from({ length: 100 }, () => one)))
      assert.strictEqual(valueOf(exit).answers.length, mostCandidates)
      assert.strictEqual(opened, mostCandidates)
    })
  )

  it.effect("lets go of everything when it is interrupted", () =>
    Effect.gen(function* () {
      const ports = [yield* deaf, yield* deaf]
      const stop = yield* Deferred.make<void>()
      yield* Effect.forkChild(
        Effect.scoped(Effect.raceFirst(probeAtPorts(ports.map((port) => candidate("x", port))), Deferred.await(stop)))
      )
      yield* pass("500 millis")
      assert.deepStrictEqual(
        ports.map((port) => port.isOpen()),
        [true, true]
      )
      yield* Deferred.succeed(stop, undefined)
      yield* settle
      assert.deepStrictEqual(
        ports.map((port) => port.isOpen()),
        [false, false]
      )
    })
  )
})

describe("echo on an AT port", () => {
  it.effect("once it was seen, a late final code without own echo is not taken for the answer", () =>
    Effect.gen(function* () {
      const port = yield* script(
        inOrder([text("ATE1\r\r\nOK\r\n")], [text("\r\nOK\r\n"), text("AT!BOOTHOLD\r\r\nERROR\r\n")])
      )
      const session = yield* openAtSession(port.connect)
      yield* session.send("ATE1")
      // What it sends about itself changed the echo: the next reply shows how it is.
      assert.strictEqual((yield* session.send("AT!BOOTHOLD")).final._tag, "Ok")
      const other = yield* script(
        inOrder([], [text("AT\r\r\nOK\r\n")], [text("\r\nOK\r\n"), text("AT!BOOTHOLD\r\r\nERROR\r\n")])
      )
      const second = yield* openAtSession(other.connect)
      yield* timed(second.send("AT"))
      yield* second.send("AT")
      assert.strictEqual((yield* second.send("AT!BOOTHOLD")).final._tag, "Error")
    })
  )

  it.effect("a port that stops echoing is heard again after one deadline", () =>
    Effect.gen(function* () {
      const port = yield* script(inOrder([text("AT\r\r\nOK\r\n")], [text("\r\nOK\r\n")], [text("\r\nOK\r\n")]))
      const session = yield* openAtSession(port.connect)
      yield* session.send("AT")
      const lost = yield* timed(session.send("AT"))
      assert.strictEqual(lost.exit._tag, "Failure")
      assert.strictEqual((yield* session.send("AT")).final._tag, "Ok")
    })
  )
})
