/** Pseudo terminals of simulated modems, from the side of the programs that open them. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import {
  closeSync,
  constants,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readlinkSync,
  readSync,
  symlinkSync,
  writeFileSync,
  writeSync
} from "node:fs"
import { join } from "node:path"
import { openTty } from "../../src/live/Tty.ts"
import { servePtys } from "../../src/serve/ports.ts"
import { openPty } from "../../src/serve/Pty.ts"
import * as Sim from "../../src/sim/index.ts"
import { temporaryFolder } from "../support/simulate-process.ts"

const { O_NOCTTY, O_NONBLOCK, O_RDWR } = constants

const openNode = (path: string) =>
  Effect.acquireRelease(
    Effect.sync(() => openSync(path, O_RDWR | O_NOCTTY | O_NONBLOCK)),
    (fd) =>
      Effect.sync(() => {
        closeSync(fd)
      })
  )

/** Asks again until it is so; the test's own limit is the deadline. */
const until = (is: () => boolean) =>
  Effect.gen(function* () {
    while (!is()) yield* Effect.sleep("2 millis")
  })

/** Undefined when nothing is there yet. */
const readSome = (fd: number, into: Uint8Array): number | undefined => {
  try {
    return readSync(fd, into)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EAGAIN") return undefined
    throw error
  }
}

/** As many bytes as wanted, or up to the end. */
const readBytes = Effect.fnUntraced(function* (fd: number, wanted: number) {
  const out = Buffer.alloc(wanted)
  let at = 0
  while (at < wanted) {
    const got = readSome(fd, out.subarray(at))
    if (got === undefined) yield* Effect.sleep("2 millis")
    if (got === 0) break
    at += got ?? 0
  }
  return out.subarray(0, at)
})

/** What this process has open of terminals. */
const terminals = (): ReadonlyArray<string> =>
  readdirSync("/proc/self/fd").flatMap((fd) => {
    try {
      const path = readlinkSync(`/proc/self/fd/${fd}`)
      return path.startsWith("/dev/pt") ? [path] : []
    } catch {
      // The descriptor of this very listing.
      return []
    }
  })

const every = Uint8Array.from({ length: 256 }, (_, index) => index)

describe("a pseudo terminal", () => {
  it.live("is raw before anybody opens it: every byte arrives as it is, both ways, and nothing is echoed", () =>
    Effect.gen(function* () {
      const pty = yield* openPty("test")
      const fd = yield* openNode(pty.path)
      writeSync(fd, every)
      let got = Buffer.alloc(0)
      while (got.length < every.length) got = Buffer.concat([got, ...(yield* pty.read)])
      assert.deepStrictEqual(got, Buffer.from(every))
      yield* pty.write(every)
      assert.deepStrictEqual(yield* readBytes(fd, 256), Buffer.from(every))
    })
  )

  it.live("is still raw, and still there, for the second program that opens it", () =>
    Effect.gen(function* () {
      const pty = yield* openPty("test")
      for (let round = 0; round < 3; round++) {
        yield* Effect.scoped(
          Effect.gen(function* () {
            const fd = yield* openNode(pty.path)
            writeSync(fd, "\n\u0003\u0004a")
            assert.strictEqual(Buffer.concat(yield* pty.read).toString(), "\n\u0003\u0004a")
          })
        )
      }
    })
  )

  it.live("holds a program back that writes faster than it is read, and loses nothing", () =>
    Effect.gen(function* () {
      const pty = yield* openPty("test")
      const fd = yield* openNode(pty.path)
      const piece = Buffer.alloc(4096)
      let sent = 0
      // Nobody reads: sooner or later it takes no more, for good.
      for (let full = 0; full < 50;) {
        piece.fill(sent / piece.length)
        try {
          sent += writeSync(fd, piece, sent % piece.length)
          full = 0
        } catch {
          full++
          yield* Effect.sleep("2 millis")
        }
      }
      assert.isBelow(sent, 1024 * 1024)
      const pieces: Array<Uint8Array> = []
      let got = 0
      while (got < sent) {
        for (const bytes of yield* pty.read) {
          pieces.push(bytes)
          got += bytes.length
        }
      }
      const whole = Uint8Array.from({ length: sent }, (_, at) => Math.floor(at / piece.length))
      assert.isTrue(Buffer.concat(pieces).equals(whole))
    })
  )

  it.live("waits for a program that does not read, and the event loop goes on meanwhile", () =>
    Effect.gen(function* () {
      const pty = yield* openPty("test")
      const fd = yield* openNode(pty.path)
      const bytes = Buffer.alloc(200_000, 7)
      const writing = yield* Effect.forkScoped(pty.write(bytes), { startImmediately: true })
      yield* Effect.sleep("50 millis")
      assert.strictEqual(writing.pollUnsafe(), undefined)
      assert.deepStrictEqual(yield* readBytes(fd, bytes.length), bytes)
    })
  )

  it.live("is hung up when its scope ends: who holds it reads an end and can write no more", () =>
    Effect.gen(function* () {
      const scope = yield* Scope.make()
      const pty = yield* openPty("test").pipe(Scope.provide(scope))
      const fd = yield* openNode(pty.path)
      yield* Scope.close(scope, Exit.void)
      assert.strictEqual((yield* readBytes(fd, 1)).length, 0)
      assert.throws(() => writeSync(fd, "a"), /EIO/)
      assert.isFalse(existsSync(pty.path))
    })
  )

  it.live("leaves no descriptor behind", () =>
    Effect.gen(function* () {
      const before = terminals()
      for (let round = 0; round < 5; round++) yield* Effect.scoped(openPty("test"))
      assert.deepStrictEqual(terminals(), before)
    })
  )
})

const em7455 = (options: Sim.ModemOptions = {}) => Sim.make(Sim.em7455({ timing: Sim.instant, ...options }))

describe("the ports of a modem", () => {
  it.live("are links that exist only while the modem has the port", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder
      const modem = yield* em7455()
      const service = yield* servePtys(modem, folder)
      const at = join(folder, "at")
      assert.deepStrictEqual(yield* service.ports, [{ role: "at", link: at, path: readlinkSync(at) }])
      assert.isFalse(existsSync(join(folder, "download")))
      const port = yield* openTty(at)
      yield* port.write(new TextEncoder().encode("AT!BOOTHOLD\r"))
      yield* until(() => existsSync(join(folder, "download")))
      assert.isFalse(existsSync(at))
      const attachment = yield* modem.attachment
      assert.strictEqual(attachment?.mode, "boot-and-hold")
    })
  )

  it.live("say Unplugged to our own live port when the modem leaves, after all that it said was read", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder
      const modem = yield* em7455()
      yield* servePtys(modem, folder)
      const port = yield* openTty(join(folder, "at"))
      yield* port.write(new TextEncoder().encode("AT!BOOTHOLD\r"))
      let text = ""
      const gone = yield* Effect.flip(
        Effect.forever(Effect.map(port.read, (bytes) => (text += new TextDecoder().decode(bytes))))
      )
      assert.strictEqual(gone.reason._tag, "Unplugged")
      assert.match(text, /OK\r\n$/)
    })
  )

  it.live("leave a program the time to read what the modem said last, although the modem is gone", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder
      const modem = yield* em7455()
      yield* servePtys(modem, folder)
      const at = join(folder, "at")
      const fd = yield* openNode(at)
      writeSync(fd, "AT!BOOTHOLD\r")
      yield* until(() => !existsSync(at))
      assert.match((yield* readBytes(fd, 1000)).toString(), /OK\r\n$/)
    })
  )

  it.live("come as late as the modem's driver binds them", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder
      const late = Sim.behaviour("latePort", { role: "at", delay: 150 })
      const modem = yield* em7455({ behaviours: [late] })
      const service = yield* servePtys(modem, folder)
      assert.deepStrictEqual(yield* service.ports, [])
      yield* until(() => existsSync(join(folder, "at")))
      assert.strictEqual((yield* service.ports).length, 1)
    })
  )

  it.live("follow unplugging and plugging in, and are gone with what was made for them at the end", () =>
    Effect.gen(function* () {
      const folder = join(yield* temporaryFolder, "made", "here")
      const scope = yield* Scope.make()
      const modem = yield* em7455()
      const service = yield* servePtys(modem, folder).pipe(Scope.provide(scope))
      yield* modem.unplug
      assert.deepStrictEqual([yield* service.ports, existsSync(join(folder, "at"))], [[], false])
      yield* modem.plug()
      yield* until(() => existsSync(join(folder, "at")))
      yield* Scope.close(scope, Exit.void)
      assert.isFalse(existsSync(join(folder, "..")))
      // It runs on without us.
      yield* modem.unplug
      yield* modem.plug()
      assert.isFalse(existsSync(folder))
    })
  )

  it.live("replace a link that a killed server left, and nothing else", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder
      symlinkSync("/dev/pts/none", join(folder, "at"))
      const modem = yield* em7455()
      yield* Effect.scoped(
        Effect.gen(function* () {
          yield* servePtys(modem, folder)
          assert.notStrictEqual(readlinkSync(join(folder, "at")), "/dev/pts/none")
        })
      )
      for (const make of [(path: string) => writeFileSync(path, "mine"), (path: string) => mkdirSync(path)]) {
        const other = yield* temporaryFolder
        make(join(other, "at"))
        const error = yield* Effect.flip(Effect.scoped(servePtys(modem, other)))
        assert.strictEqual(error.code, "SERVE_PATH_TAKEN")
        assert.isTrue(existsSync(join(other, "at")))
      }
    })
  )

  it.live("cannot be in a folder that cannot be made", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder
      writeFileSync(join(folder, "file"), "")
      const modem = yield* em7455()
      const error = yield* Effect.flip(Effect.scoped(servePtys(modem, join(folder, "file", "ports"))))
      assert.strictEqual(error.code, "SERVE_PATH_UNUSABLE")
    })
  )
})
