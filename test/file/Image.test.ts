import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Scope from "effect/Scope"
import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readlinkSync,
  rmSync,
  truncateSync,
  writeFileSync
} from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Checksums, hostChecksums } from "../../src/file/Checksums.ts"
import { openImage, openSet, scanFile, scanSource } from "../../src/file/Image.ts"
import { ImageFileError, imageFileCatalogue } from "../../src/file/ImageFileError.ts"
import type { ImageSource } from "../../src/file/ImageSource.ts"
import { baseName, fromBytes, ImageFiles, inMemory } from "../../src/file/ImageSource.ts"
import { buildCarrierImage, buildSystemImage, seededBytes } from "../../src/image/builder.ts"
import { pureChecksums } from "../../src/image/checksums.ts"
import { scan } from "../../src/image/CweScanner.ts"
import { withFlippedBit } from "../../src/image/damage.ts"

const spec = { familyToken: "SWI9X30C", firmware: "02.33.03.00", carrier: "GENERIC", config: "002.072_001" }
const system = buildSystemImage({ ...spec, size: 3_000_001 })
const carrier = buildCarrierImage(spec)
const systemName = "SWI9X30C_02.33.03.00.cwe"
const carrierName = "SWI9X30C_02.33.03.00_GENERIC_002.072_001.nvu"

const folder = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "boothold-"))),
  (path) => Effect.sync(() => rmSync(path, { recursive: true }))
)
const fileOf = Effect.fnUntraced(function* (name: string, bytes: Uint8Array) {
  const path = join(yield* folder, name)
  writeFileSync(path, bytes)
  return path
})
/** How often this process has the file open. */
const handlesTo = (path: string) =>
  readdirSync("/proc/self/fd").filter((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`) === path
    } catch {
      return false
    }
  }).length

const reasonOf = <A, E>(effect: Effect.Effect<A, E, Scope.Scope>) =>
  Effect.gen(function* () {
    const error = yield* Effect.flip(effect)
    assert(error instanceof ImageFileError)
    return error.reason
  })

describe("openImage on files of the host", () => {
  it.effect("verifies a file and delivers the bytes that were verified", () =>
    Effect.gen(function* () {
      const path = yield* fileOf(systemName, system)
      const { image, source } = yield* openImage(path)
      assert.isTrue(image.verified)
      assert.deepStrictEqual(
        { ...image, verified: undefined },
        { ...scan(systemName, system).image!, verified: undefined }
      )
      assert.deepStrictEqual([source.name, source.path, source.size], [systemName, path, system.length])
      assert.deepStrictEqual(yield* source.read(1_048_576, 1_048_576), system.slice(1_048_576, 2_097_152))
      assert.deepStrictEqual(yield* source.read(3_000_000, 1), system.slice(3_000_000))
      const buffer = new Uint8Array(77)
      yield* source.readInto(5, buffer)
      assert.deepStrictEqual(buffer, system.slice(5, 82))
    })
  )

  it.effect("gives the same result for any chunk size", () =>
    Effect.gen(function* () {
      const path = yield* fileOf(carrierName, carrier)
      for (const chunkSize of [1, 399, 400, 1000, 1664, 1_000_000]) {
        const { scan: seen } = yield* scanFile(path, { chunkSize })
        assert.deepStrictEqual(seen, scan(carrierName, carrier))
      }
    })
  )

  it.effect("keeps the file open as long as the scope, and no longer", () =>
    Effect.gen(function* () {
      const path = yield* fileOf(systemName, system)
      const scope = yield* Scope.make()
      yield* openImage(path).pipe(Scope.provide(scope))
      assert.strictEqual(handlesTo(path), 1)
      yield* Scope.close(scope, Exit.void)
      assert.strictEqual(handlesTo(path), 0)
    })
  )

  it.effect("closes the file when the image is refused", () =>
    Effect.gen(function* () {
      const path = yield* fileOf(systemName, withFlippedBit(system, 2_000_000))
      const error = yield* Effect.flip(Effect.scoped(openImage(path)))
      assert(error._tag === "ImageError")
      assert.strictEqual(error.reason._tag, "ImageCrcMismatch")
      assert.strictEqual(handlesTo(path), 0)
    })
  )

  it.live("closes the file when it is interrupted in the middle", () =>
    Effect.gen(function* () {
      const path = yield* fileOf(systemName, system)
      for (let turn = 0; turn < 20; turn++) {
        const fiber = yield* Effect.forkChild(Effect.scoped(openImage(path, { chunkSize: 1000 })), {
          startImmediately: true
        })
        yield* Effect.sleep(turn)
        yield* Fiber.interrupt(fiber)
        assert.strictEqual(handlesTo(path), 0)
      }
    })
  )

  it.effect("lets other fibers run while it reads", () =>
    Effect.gen(function* () {
      const path = yield* fileOf(systemName, system)
      for (const source of [fromBytes(systemName, system), (yield* openImage(path)).source]) {
        let turns = 0
        const other = yield* Effect.forkChild(
          Effect.forever(
            Effect.andThen(
              Effect.sync(() => turns++),
              Effect.yieldNow
            )
          )
        )
        yield* scanSource(source, { chunkSize: 100_000 })
        yield* Fiber.interrupt(other)
        assert.isAbove(turns, 10)
      }
    })
  )

  it.effect("stops reading early where the file is no firmware", () =>
    Effect.gen(function* () {
      let reads = 0
      const zip = seededBytes(100_000, 1)
      zip.set([0x50, 0x4b, 0x03, 0x04])
      const source = fromBytes("a.zip", zip)
      const counted: ImageSource = {
        ...source,
        readInto: (offset, target) => Effect.tap(source.readInto(offset, target), () => Effect.sync(() => reads++))
      }
      const seen = yield* scanSource(counted, { chunkSize: 1000 })
      assert.strictEqual(seen.problems[0]?._tag, "NotFirmware")
      assert.isAtMost(reads, 2)
    })
  )

  it.effect("accepts a path with a folder, and knows Gobi names by the last piece", () =>
    Effect.gen(function* () {
      const { image } = yield* openImage(yield* fileOf("AMSS.mbn", seededBytes(100, 1)))
      assert.strictEqual(image.kind, "amss-modem")
    })
  )
})

describe("files that cannot be opened", () => {
  it.effect("a missing one", () =>
    Effect.gen(function* () {
      const path = join(yield* folder, "nothing.cwe")
      assert.strictEqual((yield* reasonOf(openImage(path)))._tag, "NotFound")
      const below = join(yield* fileOf("a.cwe", system), "b.cwe")
      assert.strictEqual((yield* reasonOf(openImage(below)))._tag, "NotFound")
    })
  )
  it.effect("a folder, a device, an impossible path", () =>
    Effect.gen(function* () {
      const path = join(yield* folder, "folder.cwe")
      mkdirSync(path)
      assert.deepStrictEqual(yield* reasonOf(openImage(path)), { _tag: "NotAFile", found: "directory" })
      assert.deepStrictEqual(yield* reasonOf(openImage("/dev/null")), { _tag: "NotAFile", found: "device" })
      assert.strictEqual((yield* reasonOf(openImage("a\0b")))._tag, "ReadFailed")
    })
  )
  it.effect("an empty one is refused as an image", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(openImage(yield* fileOf("empty.cwe", new Uint8Array(0))))
      assert(error._tag === "ImageError" && error.reason._tag === "NotFirmware")
      assert.strictEqual(error.reason.looksLike, "empty")
    })
  )
  it.effect("any where there is no file system", () =>
    Effect.gen(function* () {
      const process = globalThis.process
      try {
        // As in a browser.
        Object.assign(globalThis, { process: undefined })
        const error = yield* Effect.flip(Effect.scoped(openImage("a.cwe")))
        assert(error._tag === "ImageFileError")
        assert.strictEqual(error.reason._tag, "NoFileSystem")
      } finally {
        Object.assign(globalThis, { process })
      }
    })
  )
  it("have a code of their own for each reason", () => {
    const codes = Object.values(imageFileCatalogue).map((problem) => problem.code)
    assert.strictEqual(new Set(codes).size, codes.length)
    const error = new ImageFileError({ path: "a.cwe", operation: "open", reason: { _tag: "NotFound" } })
    assert.deepStrictEqual(
      [error.code, error.message],
      ["FILE_NOT_FOUND", "a.cwe: cannot open the file: there is none"]
    )
  })
})

describe("files that change after they were opened", () => {
  const changes: ReadonlyArray<readonly [string, (path: string) => void]> = [
    [
      "grow",
      (path) => {
        appendFileSync(path, "x")
      }
    ],
    [
      "shrink",
      (path) => {
        truncateSync(path, 1000)
      }
    ],
    [
      "are overwritten in place",
      (path) => {
        writeFileSync(path, withFlippedBit(system, 2_500_000), { flag: "r+" })
      }
    ]
  ]
  for (const [what, change] of changes) {
    it.live(`deliver nothing more when they ${what}`, () =>
      Effect.gen(function* () {
        const path = yield* fileOf(systemName, system)
        const { source } = yield* openImage(path)
        // Clocks of file systems are coarse.
        yield* Effect.sleep(20)
        change(path)
        const reason = yield* reasonOf(source.read(0, 500))
        assert.strictEqual(reason._tag, "Changed")
      })
    )
  }

  it.live("do not matter when only the name goes away: the open file is the verified one", () =>
    Effect.gen(function* () {
      const path = yield* fileOf(systemName, system)
      const { source } = yield* openImage(path)
      rmSync(path)
      writeFileSync(path, "another file")
      assert.deepStrictEqual(yield* source.read(1000, 1000), system.slice(1000, 2000))
    })
  )

  it.effect("bytes outside the file are an error, without an allocation", () =>
    Effect.gen(function* () {
      const host = (yield* openImage(yield* fileOf(systemName, system))).source
      for (const source of [host, fromBytes(systemName, system)]) {
        for (const [offset, length] of [
          [3_000_000, 2],
          [-1, 1],
          [0, -1],
          [0, 2 ** 50]
        ] as const) {
          assert.strictEqual((yield* reasonOf(source.read(offset, length)))._tag, "Changed")
        }
        assert.strictEqual((yield* reasonOf(source.readInto(3_000_000, new Uint8Array(2))))._tag, "Changed")
        assert.strictEqual((yield* reasonOf(source.readInto(-1, new Uint8Array(2))))._tag, "Changed")
      }
    })
  )
})

describe("openSet", () => {
  const files = inMemory({
    [`in/${systemName}`]: system,
    [`in/${carrierName}`]: carrier,
    "in/bad.cwe": withFlippedBit(system, 999)
  })

  it.effect("opens what goes together, in the order of the transfer", () =>
    Effect.gen(function* () {
      const { images, set } = yield* openSet([`in/${carrierName}`, `in/${systemName}`])
      assert.deepStrictEqual(
        images.map(({ image }) => image),
        set.images
      )
      assert.deepStrictEqual(
        images.map(({ source }) => source.name),
        [systemName, carrierName]
      )
      assert.deepStrictEqual(
        images.map(({ source }) => source.path),
        [`in/${systemName}`, `in/${carrierName}`]
      )
      assert.strictEqual(set.values.carrier.value, "GENERIC")
    }).pipe(Effect.provideService(ImageFiles, files))
  )

  it.effect("refuses all for one bad file, one missing file, a contradiction", () =>
    Effect.gen(function* () {
      const bad = yield* Effect.flip(openSet([`in/${systemName}`, "in/bad.cwe"]))
      assert.strictEqual(bad._tag, "ImageError")
      const missing = yield* Effect.flip(openSet([`in/${systemName}`, "in/none.nvu"]))
      assert.strictEqual(missing._tag, "ImageFileError")
      const wrong = yield* Effect.flip(openSet([`in/${systemName}`], { firmwareVersion: "01.01.01.01" }))
      assert.strictEqual(wrong.code, "IMAGE_SET_OVERRIDE_DISAGREES")
      const { set } = yield* openSet([`in/${systemName}`], {
        firmwareVersion: "01.01.01.01",
        ignoreVersionErrors: true
      })
      assert.strictEqual(set.values.firmware.value, "01.01.01.01")
    }).pipe(Effect.provideService(ImageFiles, files))
  )
})

describe("Checksums", () => {
  it.effect("of the host give what the pure ones give", () =>
    Effect.gen(function* () {
      const host = yield* Checksums
      assert.notStrictEqual(host.crc32, pureChecksums.crc32)
      assert.notStrictEqual(host.sha256, pureChecksums.sha256)
      assert.deepStrictEqual(scan("x.cwe", system, { checksums: host }), scan("x.cwe", system))
    })
  )
  it("are the pure ones where the host has none", () => {
    const process = globalThis.process
    try {
      Object.assign(globalThis, { process: undefined })
      assert.deepStrictEqual(hostChecksums(), pureChecksums)
    } finally {
      Object.assign(globalThis, { process })
    }
  })
})

describe("baseName", () => {
  it.each([
    ["a.cwe", "a.cwe"],
    ["/x/y/a.cwe", "a.cwe"],
    ["C:\\x\\a.cwe", "a.cwe"],
    ["x/a.cwe/", "a.cwe"],
    ["", ""]
  ])("of %s is %s", (path, name) => {
    assert.strictEqual(baseName(path), name)
  })
})
