/** The guest itself: what all other cases stand on. */
import assert from "node:assert/strict"
import { existsSync } from "node:fs"
import type { Group } from "../guest/harness.ts"

export const cases: Group = [
  {
    name: "the guest has a USB bus of its own, and nothing on it",
    body: async (tools) => {
      assert(existsSync("/sys/devices/platform/vhci_hcd.0/attach"))
      assert(!existsSync("/dev/ttyUSB0"))
      assert.equal((await tools.run("uname", ["-r"])).status, 0)
    }
  },
  {
    name: "boothold starts",
    body: async (tools) => {
      const { status, stdout } = await tools.boothold(["--version"])
      assert.equal(status, 0)
      assert.match(stdout, /^boothold \d/)
    }
  }
]
