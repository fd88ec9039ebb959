/** Modems that the kernel has no driver for, or is not wanted for: by USB itself, past the kernel's ports. */
import assert from "node:assert/strict"
import { existsSync, readdirSync, readFileSync, readlinkSync } from "node:fs"
import { basename, join } from "node:path"
import { until } from "../guest/processes.ts"
import type { Group } from "../guest/harness.ts"
import { root } from "../guest/tools.ts"
import { assertRuns, assertUpdated, x30 } from "./updates.ts"

const devices = "/sys/bus/usb/devices"

/** Driver of an interface, `1-1:1.8`; undefined where it has none. */
const driverOf = (name: string): string | undefined => {
  const link = join(devices, name, "driver")
  return existsSync(link) ? basename(readlinkSync(link)) : undefined
}

/** Nothing may be left claimed by a program. */
const assertReleased = (): void => {
  const claimed = readdirSync(devices).filter((name) => name.includes(":") && driverOf(name) === "usbfs")
  assert.deepEqual(claimed, [], "interfaces that are still claimed")
}

const files = x30.set.files

/** The command that the page shows for it, word for word. */
const shownInDocs = (): ReadonlyArray<string> => {
  const page = readFileSync(join(root(), "docs/ways-in.md"), "utf8")
  const [, line] = /^## Straight USB\n[^]*?```console lab\n\$ boothold (.*)\n/m.exec(page) ?? []
  assert(line !== undefined, "the page shows a command")
  return line.split(" ")
}

export const cases: Group = [
  {
    name: "ids that this kernel does not know, 1199:9075 and in boot-and-hold 1199:9074: updated, and said how",
    body: async (tools) => {
      const modem = await tools.modem("em7455", { words: ["--usb-id", "1199:9075"], withoutPorts: true })
      const { status, stderr, stdout } = await tools.boothold(["update", "--yes", ...files])
      const told = stdout + stderr
      assert.equal(status, 0, told)
      assert.match(told, /by straight USB: interface 8, its control port, has no kernel driver .*1199:9075/)
      assert.match(told, /by straight USB: interface 0, its download port, has no kernel driver .*1199:9074/)
      assertReleased()
      await modem.isIdle()
      assertUpdated(x30, modem, await modem.quit())
    }
  },
  {
    name: "--transport usb takes the ports from their drivers, also when SIGINT ends it, and gives them back",
    limitSeconds: 480,
    body: async (tools) => {
      const modem = await tools.modem("em7455")
      const info = await tools.boothold(shownInDocs())
      assert.equal(info.status, 0, info.stderr)
      assert.match(info.stdout, /02\.24\.05\.06/)
      assert.equal(driverOf("1-1:1.8"), "qmi_wwan")
      assert(existsSync("/dev/cdc-wdm0"), "the control port is back")

      const running = tools.startBoothold(["update", "--transport", "usb", "--yes", ...files])
      await modem.happens("the first chunk", ({ _tag }) => _tag === "ChunkWritten")
      assert.equal(driverOf("1-1:1.0"), "usbfs")
      assert(!existsSync("/dev/ttyUSB0"), "the kernel's port is not used")
      running.kill("SIGINT")
      const ended = await running.ended
      assert.equal(ended.status, 130, ended.stderr)
      assert.match(ended.stdout + ended.stderr, /next:\s+boothold recover .*--transport usb/)
      assert.equal(driverOf("1-1:1.0"), "qcserial")
      await until("the kernel's port", () => existsSync("/dev/ttyUSB0") || undefined)

      const download = await tools.boothold(["download", "--yes", ...files])
      assert.equal(download.status, 0, download.stderr)
      assert.doesNotMatch(download.stdout + download.stderr, /straight USB/)
      await modem.isIdle()
      assertRuns(x30, await modem.quit())
    }
  },
  {
    // The last one: this kernel has its modules only once.
    name: "a boot id that qcserial knows, and qcserial is not there",
    body: async (tools) => {
      const removed = await tools.run("rmmod", ["qcserial"])
      assert.equal(removed.status, 0, removed.stderr)
      const modem = await tools.modem("em7455")
      const { status, stderr, stdout } = await tools.boothold(["update", "-d", x30.application, "--yes", ...files])
      const told = stdout + stderr
      assert.equal(status, 0, told)
      assert.match(told, /by straight USB: interface 0, its download port, has no kernel driver .*qcserial/)
      assert.doesNotMatch(told, /interface 8/)
      assertReleased()
      assert.equal(driverOf("1-1:1.8"), "qmi_wwan")
      await modem.isIdle()
      assertUpdated(x30, modem, await modem.quit())
    }
  }
]
