/**
 * The image builder and scanner against an independent program: `qmi-firmware-update --verify` (Debian package
 * libqmi-utils), unmodified. It must accept what the builder calls good and see the same parts in it.
 */
import { assert, describe, it } from "@effect/vitest"
import * as Arbitrary from "effect/Arbitrary"
import * as Effect from "effect/Effect"
import { spawnSync } from "node:child_process"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { brokenImages, goodImages } from "../../scripts/make-fixtures.mts"
import { baseName } from "../../src/file/ImageSource.ts"
import { buildCarrierImage, buildCombinedImage, buildPart, buildSystemImage } from "../../src/image/builder.ts"
import type { TextFieldName } from "../../src/image/CweHeader.ts"
import { TextField } from "../../src/image/CweHeader.ts"
import { scan } from "../../src/image/CweScanner.ts"
import { crowded, nested } from "../../src/image/damage.ts"
import { partsOf } from "../../src/image/FirmwareImage.ts"
import { partTree } from "../support/part-tree.ts"

const program = "qmi-firmware-update"
const installed = spawnSync(program, ["--version"]).status === 0

/** Runs it on one file: status, and the parts as it prints them. */
const verify = (name: string, bytes: Uint8Array) => {
  const folder = mkdtempSync(join(tmpdir(), "boothold-"))
  try {
    const path = join(folder, name)
    writeFileSync(path, bytes)
    const { status, stdout } = spawnSync(program, ["--verify", path], { encoding: "utf8", maxBuffer: 1 << 26 })
    const parts = new Map<string, Record<string, string>>()
    for (const [, id = "", label = "", value = ""] of stdout.matchAll(
      /^ *\[cwe ([\d.]+)\] (\w+: *(?<=\] .{9}))(.*)$/gm
    )) {
      const field = label.replace(/: *$/, "")
      // It takes texts that fill their field for ended by a zero, and prints what follows (images.md §7 Q3).
      const shown = value.slice(0, Object.hasOwn(TextField, field) ? TextField[field as TextFieldName] : undefined)
      parts.set(id, { ...parts.get(id), [field]: shown.trim() })
    }
    const detected = Object.fromEntries(
      [...stdout.matchAll(/^ *\[cwe\] detected ([a-z ]+): +(.*)$/gm)].map(([, field = "", value = ""]) => [
        field,
        value
      ])
    )
    return { status, parts: [...parts].map(([id, fields]) => ({ id, ...fields })), detected }
  } finally {
    rmSync(folder, { recursive: true })
  }
}

const ours = (name: string, bytes: Uint8Array) => {
  const seen = scan(name, bytes)
  assert.deepStrictEqual(seen.problems, [])
  const text = (value: string) => (value === "" ? "n/a" : value.trim())
  return partsOf(seen.image?.root).map(({ header, id }) => ({
    id,
    type: text(header.type),
    product: text(header.product),
    version: text(header.version),
    date: text(header.date),
    size: String(header.imageSize)
  }))
}

const agree = (name: string, bytes: Uint8Array) => {
  const { detected, parts, status } = verify(name, bytes)
  assert.strictEqual(status, 0, `${name} is refused`)
  assert.deepStrictEqual(parts, ours(name, bytes))
  return detected
}

describe.skipIf(!installed)("qmi-firmware-update --verify (skipped where it is not installed)", () => {
  it.each(Object.entries(goodImages))("accepts %s and sees the same parts", (name, bytes) => {
    const detected = agree(name, bytes)
    const values = scan(name, bytes).image?.values
    assert.strictEqual(detected["firmware version"], values?.firmware.value)
    // The reference knows no carrier with a digit; then it finds no config version either.
    if (values?.carrier.value === "GENEU-4G") {
      assert.strictEqual(detected["carrier"], "n/a")
    } else {
      assert.strictEqual(detected["carrier"], values?.carrier.value ?? "n/a")
      assert.strictEqual(detected["config version"], values?.config.value ?? "n/a")
    }
  })

  it("accepts ready-made images of every size and family", () => {
    for (const [familyToken, firmware] of [
      ["SWI9X30C", "02.33.03.00"],
      ["SWI9X15C", "05.05.78.00"],
      ["9200", "03.05.29.03"]
    ] as const) {
      for (const size of [0, 3000, 65_537, 1024 * 1024 + 1]) {
        const spec = { familyToken, firmware, carrier: "VODA-EU", config: "005.024_000", size, seed: size }
        agree("system.cwe", buildSystemImage(spec))
        assert.strictEqual(agree("carrier.nvu", buildCarrierImage(spec))["carrier"], "VODA-EU")
        assert.strictEqual(agree("combined.spk", buildCombinedImage(spec))["config version"], "005.024_000")
      }
    }
  })

  it.effect("accepts arbitrary trees of parts", () =>
    Effect.gen(function* () {
      const specs = yield* Arbitrary.sampleEffect(partTree(4), { count: 60, seed: 20 })
      let parts = 0
      for (const spec of specs) {
        const bytes = buildPart(spec)
        agree("tree.cwe", bytes)
        parts += partsOf(scan("tree.cwe", bytes).image?.root).length
      }
      assert.isAbove(parts, specs.length)
    })
  )

  it("accepts as many levels and parts as we do", () => {
    agree("levels.cwe", nested(8))
    agree("parts.cwe", crowded(4095))
  })

  it("refuses nothing that we accept, and checks no CRC", () => {
    // So much for what its word is worth: these faults it does not see.
    const overlooked = new Set([
      "PsbCrcMismatch",
      "ImageCrcMismatch",
      "PartExceedsParent",
      "EmptyImage",
      "TooDeep",
      "SourcesDisagree"
    ])
    for (const [path, [tag, bytes]] of Object.entries(brokenImages)) {
      assert.strictEqual(verify(baseName(path), bytes).status === 0, overlooked.has(tag), path)
    }
  })
})
