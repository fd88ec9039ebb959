/** `boothold simulate`: its words, its process, and other programs on its ports. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import { existsSync, readFileSync, writeFileSync } from "node:fs"
import { connect } from "node:net"
import { join } from "node:path"
import { faultReports, parseFault } from "../../src/cli/faults.ts"
import { openTty } from "../../src/live/Tty.ts"
import { behaviours } from "../../src/sim/index.ts"
import { simulateProcess, temporaryFolder } from "../support/simulate-process.ts"
import { boothold, contains } from "./support.ts"

const ask = Effect.fnUntraced(function* (path: string, command: string, upTo: string) {
  const port = yield* openTty(path)
  yield* port.write(new TextEncoder().encode(`${command}\r`))
  let text = ""
  while (!text.includes(upTo)) text += new TextDecoder().decode(yield* port.read)
  return text
}, Effect.scoped)

const waitFor = Effect.fnUntraced(function* (path: string) {
  while (!existsSync(path)) yield* Effect.sleep("5 millis")
})

const limit = 60_000

describe("boothold simulate", () => {
  it.live(
    "serves two modems at once to programs that open their ports, each with what was asked for it",
    () =>
      Effect.gen(function* () {
        const folder = yield* temporaryFolder
        const words = ["--serial", "AAA", "--usb-path", "1-7", "--fault", "mc7354/unsolicitedLine=+CREG: 1"]
        const server = yield* simulateProcess(["em7455", "mc7354", "--pty", folder, "--instant", ...words])
        assert.deepStrictEqual(
          server.ready.map(({ id, serial, served, usbPath, vidPid }) => [id, serial, usbPath, vidPid, served]),
          [
            ["em7455", "AAA", "1-7", "1199:9071", { at: join(folder, "em7455", "at") }],
            ["mc7354", "XX000000000001", "1-1", "1199:68c0", { at: join(folder, "mc7354", "at") }]
          ]
        )
        const first = yield* ask(join(folder, "em7455", "at"), "ATI", "OK\r\n")
        contains(first, "EM7455", "IMEI: 123456789012347")
        assert.notInclude(first, "+CREG")
        contains(
          yield* ask(join(folder, "mc7354", "at"), "ATI", "OK\r\n"),
          "+CREG: 1",
          "MC7354",
          "IMEI: 123456789012354"
        )
        server.kill("SIGTERM")
        assert.deepStrictEqual(yield* server.ended, { code: 0, err: "" })
        assert.isFalse(existsSync(join(folder, "em7455")))
      }),
    limit
  )

  it.live(
    "tells its events, and ends orderly on Ctrl+C with the state saved: the next run goes on from there",
    () =>
      Effect.gen(function* () {
        const folder = yield* temporaryFolder
        const words = ["em7455", "--pty", join(folder, "ports"), "--state", join(folder, "state"), "--instant"]
        const server = yield* simulateProcess(words)
        yield* ask(join(folder, "ports", "at"), "AT!BOOTHOLD", "OK")
        yield* server.line(({ _tag }) => _tag === "Booted")
        yield* waitFor(join(folder, "ports", "download"))
        const started = performance.now()
        server.kill("SIGINT")
        assert.deepStrictEqual(yield* server.ended, { code: 0, err: "" })
        assert.isBelow(performance.now() - started, 2000)
        assert.isFalse(existsSync(join(folder, "ports")))
        const tags = server.lines().map(({ _tag }) => _tag)
        assert.strictEqual(tags[0], "Ready")
        contains(tags.join(" "), "AtCommand Unplugged Booted Plugged")

        const again = yield* simulateProcess(words)
        assert.deepStrictEqual(again.ready[0]?.vidPid, "1199:9070")
        assert.strictEqual((yield* again.send("quit"))._tag, "Done")
        assert.strictEqual((yield* again.ended).code, 0)
      }),
    limit
  )

  it.live(
    "obeys its input whatever comes in, and goes on when the input ends",
    () =>
      Effect.gen(function* () {
        const folder = yield* temporaryFolder
        const server = yield* simulateProcess(["em7455", "--instant", "--pty", folder])
        server.say(`${"x".repeat(1 << 20)}\n\u0000\u0001\n\n`)
        server.say("unplug nobody\n")
        const refused = yield* server.line((line) => JSON.stringify(line).includes('"command":"unplug"'))
        assert.strictEqual(refused._tag, "Refused")
        yield* server.send("unplug")
        assert.isFalse(existsSync(join(folder, "at")))
        yield* server.send("plug 1-9")
        yield* waitFor(join(folder, "at"))
        server.closeInput()
        contains(yield* ask(join(folder, "at"), "AT", "OK"), "OK")
        server.kill("SIGTERM")
        assert.deepStrictEqual(yield* server.ended, { code: 0, err: "" })
      }),
    limit
  )

  it.live(
    "takes the same commands over a socket, whose file goes with it",
    () =>
      Effect.gen(function* () {
        const folder = yield* temporaryFolder
        const path = join(folder, "control")
        const server = yield* simulateProcess(["em7455", "--control", path])
        const second = yield* simulateProcess(["em7455", "--control", path])
        assert.strictEqual((yield* second.ended).code, 16)
        const answer = yield* Effect.callback<string>((resume) => {
          let text = ""
          const socket = connect(path)
          socket.on("data", (bytes: Buffer) => (text += bytes.toString()))
          socket.on("close", () => resume(Effect.succeed(text)))
          socket.write("state\nquit\n")
        })
        const tags = answer
          .trimEnd()
          .split("\n")
          .map((line) => (JSON.parse(line) as { readonly _tag: string })._tag)
        assert.deepStrictEqual(tags, ["State", "Done"])
        assert.deepStrictEqual(yield* server.ended, { code: 0, err: "" })
        assert.isFalse(existsSync(path))
      }),
    limit
  )

  it.live(
    "refuses what it cannot serve, before it says ready",
    () =>
      Effect.gen(function* () {
        const folder = yield* temporaryFolder
        const bad = join(folder, "bad")
        writeFileSync(bad, "{}")
        const cases: ReadonlyArray<readonly [ReadonlyArray<string>, string]> = [
          [["em7455", "--state", bad], "SERVE_STATE_BAD"],
          [["em7455", "--journal", join(folder, "no", "journal")], "SERVE_PATH_UNUSABLE"],
          [["em7455", "--control", bad], "SERVE_PATH_TAKEN"],
          [["em7455", "--pty", bad], "SERVE_PATH_UNUSABLE"],
          [["em7455", "--usbip", "--listen", "192.0.2.1:1"], "SERVE_CANNOT_LISTEN"]
        ]
        const refused = Effect.fnUntraced(function* ([words, code]: (typeof cases)[number]) {
          const server = yield* simulateProcess(words)
          assert.notStrictEqual((yield* server.ended).code, 0)
          assert.deepStrictEqual(
            server.lines().map((line) => [line._tag, "code" in line ? line.code : ""]),
            [["Error", code]]
          )
        })
        yield* Effect.forEach(cases, refused, { concurrency: 2, discard: true })
        assert.strictEqual(readFileSync(bad, "utf8"), "{}")
      }),
    limit
  )

  it.live(
    "says how to get pseudo terminals where their optional package is not installed",
    () =>
      Effect.gen(function* () {
        const folder = yield* temporaryFolder
        const hook = join(folder, "hook.cjs")
        const missing = 'Object.assign(new Error("Cannot find module " + name), { code: "MODULE_NOT_FOUND" })'
        writeFileSync(
          hook,
          `const Module = require("node:module")
          const load = Module._load
          Module._load = (name, ...more) => {
            if (name.startsWith("@lydell/")) throw ${missing}
            return load(name, ...more)
          }`
        )
        const server = yield* simulateProcess(["em7455", "--pty", join(folder, "ports")], {
          NODE_OPTIONS: `--require ${hook}`
        })
        const ended = yield* server.ended
        assert.strictEqual(ended.code, 19)
        contains(JSON.stringify(server.lines()), "SERVE_PTY_MISSING", "npm install @lydell/node-pty")
        assert.isFalse(existsSync(join(folder, "ports")))
      }),
    limit
  )

  it.live(
    "serves over USB/IP, at an address that it tells",
    () =>
      Effect.gen(function* () {
        const server = yield* simulateProcess(["em7455", "--usbip", "--listen", "127.0.0.1:0"])
        const { busId, usbip = "" } = server.ready[0]?.served ?? {}
        assert.strictEqual(busId, "1-1")
        const [, port] = /^127\.0\.0\.1:(\d+)$/.exec(usbip) ?? []
        // OP_REQ_DEVLIST: the answer begins with the version, its code, and no error (lab README, USB/IP).
        const answer = yield* Effect.callback<string>((resume) => {
          const socket = connect(Number(port), "127.0.0.1")
          socket.on("data", (bytes: Buffer) => {
            resume(Effect.succeed(bytes.toString("hex", 0, 8)))
            socket.destroy()
          })
          socket.write(Buffer.from("0111800500000000", "hex"))
        })
        assert.strictEqual(answer, "0111000500000000")
        server.kill("SIGINT")
        assert.deepStrictEqual(yield* server.ended, { code: 0, err: "" })
      }),
    limit
  )
})

describe("the words of boothold simulate", () => {
  it.effect("that cannot be meant are refused with exit 2 and what is wrong", () =>
    Effect.gen(function* () {
      const cases: ReadonlyArray<readonly [string, string]> = [
        ["", "missing MODEL"],
        ["em9999", "em7455"],
        ["em7455 --pty x --usbip", "exclude each other"],
        ["em7455 --attach", "--usbip"],
        ["em7455 --usbip --listen here", "HOST:PORT"],
        ["em7455 --usbip --listen 127.0.0.1:65536", "HOST:PORT"],
        ["em7455 --speed 0", "--speed takes a number above 0"],
        ["em7455 --boot-seconds=-1", "--boot-seconds"],
        ["em7455 --serial A --serial B", "one value for each modem"],
        ["em7455 mc7354 --usb-path 1-1 --usb-path 1-1", "all different"],
        ["em7455 --usb-path ../x", "1-2"],
        ["em7455 --preference 1,2", "FIRMWARE,CONFIG,CARRIER"],
        ["em7455 --fault nothing", "--list-faults"],
        ["em7455 --fault other/silentHello=2", "--fault takes"]
      ]
      for (const [words, part] of cases) {
        const { code, err } = yield* boothold(["simulate", ...words.split(" ").filter((word) => word !== "")])
        assert.strictEqual(code, 2, words)
        contains(err, part)
      }
    })
  )

  it.effect("list every fault that there is, with its fields", () =>
    Effect.gen(function* () {
      const { code, out } = yield* boothold(["simulate", "--list-faults"])
      assert.strictEqual(code, 0)
      contains(out, ...behaviours.flatMap(({ name, text }) => [name, text]))
      contains(out, "latePort:role=control|at|download,delay=number", "silentHello:times=number", "milliseconds")
      const json = yield* boothold(["simulate", "--list-faults", "--json"])
      assert.deepStrictEqual(JSON.parse(json.out), faultReports)
    })
  )

  it("give a fault in four ways", () => {
    const parse = (text: string) => Result.getOrThrow(parseFault("--fault")(text))
    for (const text of ["silentHello=2", "silentHello:times=2", '{"_tag":"silentHello","times":2}']) {
      assert.deepStrictEqual(parse(text), { _tag: "silentHello", times: 2 })
    }
    assert.deepStrictEqual(parse("slotsFull"), { _tag: "slotsFull" })
    // The only field that has to be there; text stays text.
    assert.deepStrictEqual(parse("hang=boot"), { _tag: "hang", where: "boot" })
    assert.deepStrictEqual(parse("unsolicitedLine=123"), { _tag: "unsolicitedLine", text: "123" })
    assert.deepStrictEqual(parse("clientIdsExhausted=3"), { _tag: "clientIdsExhausted", times: 3 })
  })

  it("say what a fault takes when it was given something else", () => {
    for (const [text, part] of [
      ["latePort=2", "latePort:role=control|at|download,delay=number"],
      ["slotsFull=2", "slotsFull"],
      ["silentHello=two", "times"],
      ["silentHello:times=2,tims=3", "tims"],
      ["silentHello:times=-1", "times"],
      ["silentHallo=2", "silentHello"],
      ["", "silentHello"],
      ["{", "silentHello"],
      ["__proto__=1", "silentHello"]
    ] as const) {
      const parsed = parseFault("--fault")(text)
      assert(Result.isFailure(parsed), text)
      assert.strictEqual(parsed.failure.code, "CLI_BAD_OPTION")
      contains(parsed.failure.message, part)
    }
  })
})
