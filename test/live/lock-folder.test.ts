/** Locks of modems: in this process, against processes that live, that died, and that only share a number. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import { spawn } from "node:child_process"
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import type { Modem } from "../../src/device/Modem.ts"
import type { Owner } from "../../src/journal/entry.ts"
import { lockFolder } from "../../src/live/LockFolder.ts"
import { lifeOf, thisProcess } from "../../src/live/owner.ts"
import { LockError } from "../../src/update/LockError.ts"
import { ModemLock, reserve, reserving } from "../../src/update/ModemLock.ts"
import { temporaryFolder } from "../support/simulate-process.ts"

const me = thisProcess("boothold")
const modem = { portPath: "1-2" }

const write = (folder: string, owner: Owner | string, name = "port-1-2.lock"): void => {
  mkdirSync(folder, { recursive: true })
  const text = typeof owner === "string" ? owner : `${JSON.stringify({ ...owner, since: 0, nonce: "x" })}\n`
  writeFileSync(join(folder, name), text)
}

const isHeld = (folder: string) => Effect.map(Effect.exit(Effect.scoped(lockFolder(folder, me)(modem))), Exit.isFailure)

/** A process that has ended. */
const deadPid = Effect.callback<number>((resume) => {
  const child = spawn(process.execPath, ["-e", ""])
  child.on("close", () => resume(Effect.succeed(child.pid ?? 0)))
})

describe("a lock", () => {
  it.live("is held until its scope ends, and leaves nothing behind", () =>
    Effect.gen(function* () {
      const folder = join(yield* temporaryFolder, "locks")
      yield* Effect.scoped(
        Effect.gen(function* () {
          yield* lockFolder(folder, me)(modem)
          const error = yield* Effect.flip(Effect.scoped(lockFolder(folder, me)(modem)))
          assert.instanceOf(error, LockError)
          assert.strictEqual(error.code, "LOCK_HELD")
          assert.include(error.message, `boothold (pid ${String(process.pid)}) works on the modem at 1-2 since 20`)
          assert.deepStrictEqual(readdirSync(folder), ["port-1-2.lock"])
        })
      )
      assert.deepStrictEqual(readdirSync(folder), [])
      assert.isFalse(yield* isHeld(folder))
    })
  )

  it.live("is for one place: another modem has its own, the same one at its other speed has not", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder
      yield* lockFolder(folder, me)({ portPath: "1-2", peerPath: "2-2" })
      yield* lockFolder(folder, me)({ portPath: "1-3" })
      const error = yield* Effect.flip(Effect.scoped(lockFolder(folder, me)({ portPath: "2-2", peerPath: "1-2" })))
      assert.strictEqual(error.reason._tag, "Held")
    })
  )

  it.live("of a process that died is taken over", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder
      const pid = yield* deadPid
      write(folder, { pid, program: "boothold" })
      yield* lockFolder(folder, me)(modem)
      assert.include(readFileSync(join(folder, "port-1-2.lock"), "utf8"), `"pid":${String(process.pid)}`)
      assert.deepStrictEqual(readdirSync(folder), ["port-1-2.lock"])
    })
  )

  it.live("of a living process stands: one that started when it says", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder
      const child = spawn("sleep", ["60"])
      yield* Effect.addFinalizer(() => Effect.sync(() => child.kill("SIGKILL")))
      write(folder, { pid: child.pid!, program: "rival" })
      const error = yield* Effect.flip(Effect.scoped(lockFolder(folder, me)(modem)))
      assert.deepStrictEqual(error.reason, { _tag: "Held", pid: child.pid!, program: "rival", since: 0 })
    })
  )

  it.live("is not held by who only has the dead owner's number, or lived before this start of the system", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder
      assert.strictEqual(lifeOf(me), "alive")
      assert.isDefined(me.started)
      for (const reused of [
        { ...me, started: "1" },
        { ...me, boot: "another" }
      ]) {
        assert.strictEqual(lifeOf(reused), "dead")
        write(folder, reused)
        assert.isFalse(yield* isHeld(folder))
      }
      write(folder, me)
      assert.isTrue(yield* isHeld(folder))
    })
  )

  it.live("of another container stands, as nobody can say from here whether its owner lives", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder
      write(folder, { ...me, namespace: "pid:[1]" })
      const error = yield* Effect.flip(Effect.scoped(lockFolder(folder, me)(modem)))
      assert.strictEqual(error.code, "LOCK_HELD_ELSEWHERE")
      assert.include(error.message, join(folder, "port-1-2.lock"))
      write(folder, { ...me, namespace: "pid:[1]", boot: "another" })
      assert.isFalse(yield* isHeld(folder))
    })
  )

  it.live("that a power cut left without sense is taken over; what is no file is named", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder
      for (const garbage of ["", "\u0000\u0000", "{", '{"pid":"x"}', '{"pid":-1,"program":"x","since":0,"nonce":""}']) {
        write(folder, garbage)
        assert.isFalse(yield* isHeld(folder), garbage)
      }
      mkdirSync(join(folder, "port-1-2.lock"))
      const error = yield* Effect.flip(Effect.scoped(lockFolder(folder, me)(modem)))
      assert.strictEqual(error.code, "LOCK_UNUSABLE")
    })
  )

  it.live("that cannot be made is refused with the system's words", () =>
    Effect.gen(function* () {
      const file = join(yield* temporaryFolder, "file")
      writeFileSync(file, "")
      const error = yield* Effect.flip(Effect.scoped(lockFolder(join(file, "locks"), me)(modem)))
      assert.strictEqual(error.code, "LOCK_UNUSABLE")
      assert.match(error.message, /ENOTDIR/)
    })
  )

  it.live("outlives owners that died while they took it over", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder
      const pid = yield* deadPid
      const dead = `${JSON.stringify({ pid, program: "boothold", since: 0, nonce: "1" })}\n`
      write(folder, dead)
      const { createHash } = yield* Effect.promise(() => import("node:crypto"))
      const inner = `port-1-2.lock.${createHash("sha256").update(dead).digest("hex").slice(0, 16)}`
      write(folder, { pid, program: "boothold" }, inner)
      assert.isFalse(yield* isHeld(folder))
      assert.deepStrictEqual(readdirSync(folder), [])
    })
  )

  it.live(
    "of a dead owner is taken over by one of many who come at once",
    () =>
      Effect.gen(function* () {
        const folder = yield* temporaryFolder
        const pid = yield* deadPid
        const program = new URL("lock-program.ts", import.meta.url).pathname
        for (let round = 0; round < 3; round++) {
          write(folder, { pid, program: "boothold", started: String(round) })
          const at = Date.now() + 2000
          const rivals = [1, 2, 3, 4, 5].map(() => spawn(process.execPath, [program, folder, String(at)]))
          const results = yield* Effect.forEach(
            rivals,
            (rival) =>
              Effect.callback<string>((resume) => {
                rival.stdout.once("data", (bytes: Buffer) => resume(Effect.succeed(bytes.toString())))
                rival.stderr.once("data", (bytes: Buffer) => resume(Effect.succeed(bytes.toString())))
              }),
            { concurrency: "unbounded" }
          )
          for (const rival of rivals) rival.stdin.end()
          assert.deepStrictEqual(results.toSorted(), ["got it", "no", "no", "no", "no"])
        }
      }),
    60_000
  )
})

describe("a modem that is reserved", () => {
  const reserved = { identity: modem } as Modem

  it.live("is so for all that goes on inside, and for nobody else", () =>
    Effect.gen(function* () {
      const inside = Effect.scoped(reserve(reserved))
      const other = { identity: { portPath: "9-9" } } as Modem
      yield* reserving(reserved)(reserving(other)(inside))
      yield* reserving(reserved)(Effect.scoped(reserve(other)))
      const twice = Effect.all([reserving(reserved)(Effect.sleep("50 millis")), Effect.scoped(reserve(reserved))], {
        concurrency: 2
      })
      const error = yield* Effect.flip(twice)
      assert.strictEqual(error.code, "LOCK_HELD")
    }).pipe((effect) =>
      Effect.flatMap(temporaryFolder, (folder) => Effect.provideService(effect, ModemLock, lockFolder(folder, me)))
    )
  )
})
