/** The client side of `qmi-proxy` and `mbim-proxy`: first words as captured (qmi.md §4, §5.4), and how it goes wrong. */
import { assert, describe, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Scope from "effect/Scope"
import * as Exit from "effect/Exit"
import * as TestClock from "effect/testing/TestClock"
import { spawn } from "node:child_process"
import {
  chmodSync,
  closeSync,
  copyFileSync,
  existsSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync
} from "node:fs"
import { createServer } from "node:net"
import type { Socket } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { UsbBus } from "../../src/device/UsbBus.ts"
import { holdersOf } from "../../src/live/holders.ts"
import { layer, Roots } from "../../src/live/index.ts"
import { openProxy } from "../../src/live/Proxy.ts"
import { Proxies } from "../../src/live/ProxyProgram.ts"
import type { ProxyProgram } from "../../src/live/ProxyProgram.ts"
import { hex as bytes } from "../protocol/bytes.ts"
import { fakeSystem, mc7455 } from "../support/fake-sysfs.ts"
import { hexOf } from "../support/scripted-connection.ts"

let names = 0
const freshName = () => `bh-${String(process.pid)}-${String(++names)}`

const proxy = (name: string, programs: ReadonlyArray<string> = []): ProxyProgram => ({
  name,
  programs,
  package: "some-package"
})

const use = (program: ProxyProgram) => Effect.provideService(Proxies, { qmi: program, mbim: program })

/** [CAP] qmi.md §4 and §5.4; the timeout is the updater's 10 s. */
const greetings = {
  qmi: "01 18 00 00 00 00 00 01 00 ff 0d 00 01 0a 00 2f 64 65 76 2f 70 74 73 2f 30",
  mbim:
    "03 00 00 00 50 00 00 00 01 00 00 00 01 00 00 00 00 00 00 00 83 8c f7 fb 8d 0d 4d 7f 87 1e d7 1d be fb b3 9b " +
    "01 00 00 00 01 00 00 00 20 00 00 00 0c 00 00 00 14 00 00 00 0a 00 00 00 2f 00 64 00 65 00 76 00 2f 00 70 00 " +
    "74 00 73 00 2f 00 30 00"
} as const
const mbimDone = (status: string) =>
  "03 00 00 80 30 00 00 00 01 00 00 00 01 00 00 00 00 00 00 00 83 8c f7 fb 8d 0d 4d 7f 87 1e d7 1d be fb b3 9b " +
  `01 00 00 00 ${status} 00 00 00 00 00 00 00`
const accepted = { qmi: "01 12 00 80 00 00 01 01 00 ff 07 00 02 04 00 00 00 00 00", mbim: mbimDone("00") } as const

interface Scripted {
  readonly program: ProxyProgram
  /** The client's connection, once its first words are here. */
  readonly client: Effect.Effect<{ readonly socket: Socket; readonly said: () => string }>
  readonly connections: () => number
}

/** A proxy that says what the test lets it say. */
const scripted = Effect.fnUntraced(function* (onGreeting: (socket: Socket) => void) {
  const name = freshName()
  const first = yield* Deferred.make<{ readonly socket: Socket; readonly said: () => string }>()
  const sockets: Array<Socket> = []
  const server = createServer((socket) => {
    sockets.push(socket)
    const said: Array<Buffer> = []
    socket.on("error", () => undefined)
    socket.on("data", (piece) => {
      said.push(piece)
      if (said.length > 1) return
      onGreeting(socket)
      Deferred.doneUnsafe(first, Effect.succeed({ socket, said: () => hexOf(Buffer.concat(said)) }))
    })
  })
  yield* Effect.acquireRelease(
    Effect.callback<void>((resume) => void server.listen({ path: `\0${name}` }, () => resume(Effect.void))),
    () =>
      Effect.sync(() => {
        for (const socket of sockets) socket.destroy()
        server.close()
      })
  )
  const made: Scripted = { program: proxy(name), client: Deferred.await(first), connections: () => sockets.length }
  return made
})

const path = "/dev/pts/0"

describe("a control port by way of a proxy", () => {
  for (const kind of ["qmi", "mbim"] as const) {
    it.live(`${kind}: begins with the captured words, then is the port's own protocol`, () =>
      Effect.gen(function* () {
        const server = yield* scripted((socket) => socket.write(bytes(accepted[kind])))
        const port = yield* openProxy(path, kind).pipe(use(server.program))
        assert.strictEqual(port.endpoint, `${path} (${server.program.name})`)
        const { said, socket } = yield* server.client
        assert.strictEqual(said(), greetings[kind])
        const reading = yield* Effect.forkChild(port.read, { startImmediately: true })
        socket.write(bytes("01 02 03"))
        assert.strictEqual(hexOf(yield* Fiber.join(reading)), "01 02 03")
        const arrived = yield* Deferred.make<void>()
        socket.once("data", () => Deferred.doneUnsafe(arrived, Effect.void))
        yield* port.write(bytes("aa bb"))
        yield* Deferred.await(arrived)
        assert.strictEqual(said(), `${greetings[kind]} aa bb`)
      })
    )

    it.live(`${kind}: takes the answer in pieces, and loses nothing behind it`, () =>
      Effect.gen(function* () {
        const all = bytes(`${accepted[kind]} 01 99`)
        const server = yield* scripted((socket) => {
          socket.write(all.subarray(0, 5), () => void setTimeout(() => socket.write(all.subarray(5)), 20))
        })
        const port = yield* openProxy(path, kind).pipe(use(server.program))
        assert.strictEqual(hexOf(yield* port.read), "01 99")
      })
    )
  }

  it.live("fills a path of odd length up, as libmbim was seen to", () =>
    Effect.gen(function* () {
      const server = yield* scripted((socket) => socket.write(bytes(accepted.mbim)))
      yield* openProxy("/dev/null", "mbim").pipe(use(server.program))
      const { said } = yield* server.client
      assert.strictEqual(
        said().slice(44 * 3),
        "20 00 00 00 0c 00 00 00 12 00 00 00 0a 00 00 00 2f 00 64 00 65 00 76 00 2f 00 6e 00 75 00 6c 00 6c 00 00 00"
      )
    })
  )

  it.live("is refused in the proxy's own words, and the connection let go", () =>
    Effect.gen(function* () {
      const refusals = [
        ["qmi", "01 12 00 80 00 00 01 01 00 ff 07 00 02 04 00 01 00 03 00", "QMI error 3 (Internal)"],
        ["qmi", "01 12 00 80 00 00 01 01 27 00 07 00 02 04 00 00 00 00 00", "it answers otherwise"],
        ["qmi", "02 12 00 80", "it answers otherwise"],
        ["qmi", "01 ff ff 80", "it answers otherwise"],
        ["qmi", "01 00 00 80", "it answers otherwise"],
        ["mbim", mbimDone("02"), "MBIM status 2 (Failure)"],
        ["mbim", accepted.mbim.replace("01 00 00 00 01", "02 00 00 00 01"), "it answers otherwise"],
        ["mbim", "03 00 00 80 00 00 00 00", "it answers otherwise"],
        ["mbim", "03 00 00 80 ff ff ff ff", "it answers otherwise"]
      ] as const
      for (const [kind, answer, words] of refusals) {
        const server = yield* scripted((socket) => socket.write(bytes(answer)))
        const error = yield* Effect.flip(openProxy(path, kind).pipe(use(server.program)))
        assert.strictEqual(error.code, "TRANSPORT_PROXY_REFUSED", answer)
        assert.include(error.message, words)
        const { socket } = yield* server.client
        if (!socket.destroyed) {
          yield* Effect.callback<void>((resume) => void socket.once("close", () => resume(Effect.void)))
        }
      }
    }).pipe(Effect.timeout("10 seconds"))
  )

  it.live("that is hung up before an answer says so, with the cure where only root is served", () =>
    Effect.gen(function* () {
      const server = yield* scripted((socket) => socket.end())
      const error = yield* Effect.flip(openProxy(path, "qmi").pipe(use(server.program)))
      assert.strictEqual(
        error.code,
        process.getuid?.() === 0 ? "TRANSPORT_PROXY_REFUSED" : "TRANSPORT_PERMISSION",
        error.message
      )
    })
  )

  it.effect("is given up 12 s after its first words", () =>
    Effect.gen(function* () {
      const server = yield* scripted(() => undefined)
      const opening = yield* Effect.forkChild(Effect.flip(openProxy(path, "mbim").pipe(use(server.program))))
      yield* server.client
      yield* TestClock.adjust("11900 millis")
      assert.isUndefined(opening.pollUnsafe())
      yield* TestClock.adjust("200 millis")
      const error = yield* Fiber.join(opening)
      assert.strictEqual(error.code, "TRANSPORT_PROXY_REFUSED")
      assert.include(error.message, "it does not answer within 12 s")
    })
  )

  it.live("ends when the proxy does: as unplugged only where the node is gone too", () =>
    Effect.gen(function* () {
      for (const [node, code] of [
        ["/dev/null", "TRANSPORT_IO"],
        ["/dev/no-such-modem", "TRANSPORT_UNPLUGGED"]
      ] as const) {
        const server = yield* scripted((socket) => socket.write(bytes(accepted.qmi)))
        const port = yield* openProxy(node, "qmi").pipe(use(server.program))
        const { socket } = yield* server.client
        const reading = yield* Effect.forkChild(Effect.flip(port.read), { startImmediately: true })
        socket.destroy()
        assert.strictEqual((yield* Fiber.join(reading)).code, code)
        const writing = yield* Effect.flip(port.write(bytes("01")))
        assert.deepStrictEqual([writing.code, writing.operation], [code, "write"])
      }
    })
  )

  it.live("holds the proxy back where nobody reads, and loses nothing", () =>
    Effect.gen(function* () {
      const server = yield* scripted((socket) => socket.write(bytes(accepted.qmi)))
      const port = yield* openProxy(path, "qmi").pipe(use(server.program))
      const { socket } = yield* server.client
      const size = 4 * 1024 * 1024
      socket.write(Buffer.alloc(size, 7))
      yield* Effect.sleep("200 millis")
      assert.isAbove(socket.writableLength, 0)
      for (let received = 0; received < size;) received += (yield* port.read).length
    }).pipe(Effect.timeout("10 seconds"))
  )

  it.live("lets go of the socket with its scope, after the last words", () =>
    Effect.gen(function* () {
      const server = yield* scripted((socket) => socket.write(bytes(accepted.qmi)))
      const scope = yield* Scope.make()
      const port = yield* openProxy(path, "qmi").pipe(use(server.program), Scope.provide(scope))
      const { said, socket } = yield* server.client
      const ended = yield* Deferred.make<void>()
      socket.once("end", () => Deferred.doneUnsafe(ended, Effect.void))
      yield* port.write(bytes("ee"))
      yield* Scope.close(scope, Exit.void)
      yield* Deferred.await(ended)
      assert.strictEqual(said(), `${greetings.qmi} ee`)
      assert.strictEqual(server.connections(), 1)
    }).pipe(Effect.timeout("10 seconds"))
  )
})

/** A program of our own in the place of the proxy's. */
const standIn = Effect.fnUntraced(function* (text: string) {
  const folder = yield* Effect.acquireRelease(
    Effect.sync(() => mkdtempSync(join(tmpdir(), "boothold-proxy-"))),
    (made) => Effect.sync(() => rmSync(made, { recursive: true }))
  )
  const program = join(folder, "proxy")
  writeFileSync(program, text)
  chmodSync(program, 0o755)
  return { folder, program }
})

describe("a proxy that does not run", () => {
  it.live("and is not installed is said so, with the package that has it", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(openProxy(path, "qmi").pipe(use(proxy(freshName(), ["/no/such/program"]))))
      assert.strictEqual(error.code, "TRANSPORT_PROXY_MISSING")
      assert.include(error.message, "it is not installed")
      assert.include(error.help, "some-package")
    })
  )

  it.live("is started, once, from where it is, and stays when we go", () =>
    Effect.gen(function* () {
      const name = freshName()
      const { folder, program } = yield* standIn(
        [
          `#!${process.execPath}`,
          `require("fs").appendFileSync(__dirname + "/started", process.pid + " " + process.cwd() + "\\n")`,
          `require("net").createServer((socket) => socket.on("error", () => {}).on("data", () =>`,
          `  socket.write(Buffer.from("${accepted.qmi.replaceAll(" ", "")}", "hex")))`,
          `).listen({ path: "\\0${name}" })`
        ].join("\n")
      )
      yield* Effect.addFinalizer(() =>
        Effect.sync(() => {
          const [pid] = readFileSync(join(folder, "started"), "utf8").split(" ")
          process.kill(Number(pid), "SIGKILL")
        })
      )
      const runs = proxy(name, ["/no/such/program", program])
      yield* Effect.scoped(openProxy(path, "qmi")).pipe(use(runs))
      yield* Effect.scoped(openProxy(path, "qmi")).pipe(use(runs))
      const [line = "", ...more] = readFileSync(join(folder, "started"), "utf8").trim().split("\n")
      assert.lengthOf(more, 0)
      const [pid = "", cwd] = line.split(" ")
      assert.strictEqual(cwd, "/")
      assert.isTrue(existsSync(`/proc/${pid}`))
      // A group of its own: Ctrl+C in our terminal does not end it for the others.
      const [, , group] = /^.*\) (.*)$/.exec(readFileSync(`/proc/${pid}/stat`, "utf8").trim())?.[1]?.split(" ") ?? []
      assert.strictEqual(group, pid)
    }).pipe(Effect.timeout("20 seconds"))
  )

  it.live("and cannot be started is said so, with how it ended", () =>
    Effect.gen(function* () {
      const fails = yield* standIn("#!/bin/sh\nexit 3\n")
      const error = yield* Effect.flip(openProxy(path, "qmi").pipe(use(proxy(freshName(), [fails.program]))))
      assert.strictEqual(error.code, "TRANSPORT_PROXY_MISSING")
      assert.include(error.message, "it ended with exit 3")
      const text = yield* standIn("#!/no/such/shell\n")
      const never = yield* Effect.flip(openProxy(path, "qmi").pipe(use(proxy(freshName(), [text.program]))))
      assert.strictEqual(never.code, "TRANSPORT_PROXY_MISSING")
    })
  )

  it.live("and does not listen after a second is said so", () =>
    Effect.gen(function* () {
      const sleeps = yield* standIn("#!/bin/sh\nexec sleep 3\n")
      const error = yield* Effect.flip(openProxy(path, "qmi").pipe(use(proxy(freshName(), [sleeps.program]))))
      assert.include(error.message, "it was started and does not listen")
    })
  )
})

describe("a control port that a proxy has open for somebody else", () => {
  it.live("is shared by that proxy, also where nobody has asked for it", () =>
    Effect.gen(function* () {
      const system = yield* fakeSystem
      system.plug(mc7455("1-2"))
      const node = join(system.roots.dev, "cdc-wdm0")
      const server = yield* scripted((socket) => socket.write(bytes(accepted.qmi)))
      const { name } = server.program
      // A program of that name, which has the node open.
      const copy = join(system.roots.dev, name)
      copyFileSync("/bin/sleep", copy)
      const descriptor = openSync(node, "r")
      const holder = yield* Effect.acquireRelease(
        Effect.sync(() => spawn(copy, ["60"], { stdio: [descriptor, "ignore", "ignore"] })),
        (child) => Effect.sync(() => void child.kill("SIGKILL"))
      )
      closeSync(descriptor)
      const open = Effect.gen(function* () {
        const bus = yield* UsbBus
        const [device] = yield* bus.devices
        const port = device?.ports.find(({ role }) => role === "control")
        assert.isDefined(device)
        assert.isDefined(port)
        return (yield* bus.open(device, port)).endpoint
      }).pipe(
        Effect.scoped,
        Effect.provide(Layer.fresh(layer)),
        Effect.provideService(Roots, system.roots),
        Effect.provideService(Proxies, { qmi: server.program, mbim: proxy("nobody") })
      )
      while (holdersOf(node).every(({ program }) => program !== name)) yield* Effect.sleep("10 millis")
      assert.strictEqual(yield* open, `${node} (${name})`)
      const ended = yield* Deferred.make<void>()
      holder.once("exit", () => Deferred.doneUnsafe(ended, Effect.void))
      holder.kill("SIGKILL")
      yield* Deferred.await(ended)
      // Nobody shares it any more: it is opened as ever, and a file that is no device has its own way to fail or not.
      const alone = yield* Effect.exit(open)
      assert.isFalse(Exit.isSuccess(alone) && alone.value.includes(name))
      assert.strictEqual(server.connections(), 1)
    })
  )
})
