/** What a denied node would need, and whether ModemManager runs. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { chmodSync, chownSync, mkdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { explainDenied, nodeState } from "../../src/live/access.ts"
import { modemManager } from "../../src/live/ModemManager.ts"
import { Roots } from "../../src/live/Roots.ts"
import { fakeSystem } from "../support/fake-sysfs.ts"

const root = process.getuid?.() === 0

describe("a node that may not be opened", () => {
  it.effect.skipIf(!root)("needs membership in its group, where that is enough", () =>
    Effect.gen(function* () {
      const { roots } = yield* fakeSystem
      const tty = join(roots.dev, "ttyUSB0")
      writeFileSync(tty, "")
      chmodSync(tty, 0o660)
      // 54321: a group without a name is told by its number.
      chownSync(tty, 0, 54321)
      assert.deepStrictEqual(explainDenied(tty), {
        detail: "owner root, group 54321, mode 0660",
        cure: "Run the command with `sudo`, or join the group once: `sudo usermod -aG 54321 $USER`, then log in again."
      })
    })
  )

  it.effect("needs a rule for udev where the group may not either, or may far too much", () =>
    Effect.gen(function* () {
      const { roots } = yield* fakeSystem
      for (const [name, mode, rule] of [
        ["cdc-wdm0", 0o600, `SUBSYSTEM=="usbmisc", KERNEL=="cdc-wdm*", GROUP="dialout", MODE="0660"`],
        ["ttyUSB2", 0o640, `SUBSYSTEM=="tty", KERNEL=="ttyUSB*", GROUP="dialout", MODE="0660"`]
      ] as const) {
        const path = join(roots.dev, name)
        writeFileSync(path, "")
        chmodSync(path, mode)
        const denied = explainDenied(path)
        assert.include(denied?.cure, rule)
        assert.include(denied?.detail, `mode 0${mode.toString(8)}`)
      }
    })
  )

  it.effect("is there, denied, or not there", () =>
    Effect.gen(function* () {
      const { roots } = yield* fakeSystem
      const path = join(roots.dev, "ttyUSB0")
      assert.strictEqual(nodeState(path), "absent")
      assert.isUndefined(explainDenied(path))
      writeFileSync(path, "")
      assert.strictEqual(nodeState(path), "open")
      if (root) return
      chmodSync(path, 0o000)
      assert.strictEqual(nodeState(path), "denied")
    })
  )
})

describe("ModemManager", () => {
  it.effect("is found by its name among the processes, and by nothing like it", () =>
    Effect.gen(function* () {
      const system = yield* fakeSystem
      const found = Effect.provideService(modemManager, Roots, system.roots)
      assert.isUndefined(yield* found)
      system.process(1, "systemd")
      system.process(811, "ModemManagerX")
      mkdirSync(join(system.roots.proc, "812"))
      mkdirSync(join(system.roots.proc, "self"))
      writeFileSync(join(system.roots.proc, "self", "comm"), "ModemManager\n")
      assert.isUndefined(yield* found)
      system.process(4711, "ModemManager")
      assert.strictEqual(yield* found, 4711)
    })
  )
})
