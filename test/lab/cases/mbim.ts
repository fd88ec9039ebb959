/** A modem with MBIM under the kernel's `cdc_mbim`: Debian's tools accept it, and ours updates it as in QMI mode. */
import assert from "node:assert/strict"
import { readlinkSync } from "node:fs"
import { basename } from "node:path"
import type { Group } from "../guest/harness.ts"
import type { CaseTools } from "../guest/tools.ts"
import { flash, onceMoreIfTooSlow, tool } from "./reference.ts"
import { assertRuns, assertUpdated, hashes, mbimUpdate, x30 } from "./updates.ts"

const ok = async (tools: CaseTools, command: string, ...words: ReadonlyArray<string>): Promise<string> => {
  const { status, stderr, stdout } =
    command === "boothold" ? await tools.boothold(words) : await tools.run(command, words)
  assert.equal(status, 0, `${command} ${words.join(" ")}\n${stdout}${stderr}`)
  return stdout.replaceAll(/[ \t]+/g, " ")
}

const driverOf = (node: string): string => basename(readlinkSync(`/sys/class/usbmisc/${node}/device/driver`))

const alone = { words: ["--composition", "9"] }

export const cases: Group = [
  {
    name: "cdc_mbim binds, and mbimcli and qmicli accept the modem",
    body: async (tools) => {
      const modem = await tools.modem(mbimUpdate.model, mbimUpdate.wishes)
      assert.equal(driverOf("cdc-wdm0"), "cdc_mbim")
      const mbimcli = (question: string) => ok(tools, "mbimcli", "-d", "/dev/cdc-wdm0", question)
      const caps = await mbimcli("--query-device-caps")
      assert.match(caps, /Device type: 'embedded'/)
      assert.match(caps, /Device ID: '123456789012347'/)
      assert.match(caps, /Firmware info: 'SWI9X30C_02\.24\.05\.06'/)
      assert.match(caps, /Hardware info: 'EM7455'/)
      assert.match(
        await mbimcli("--query-device-services"),
        /Service: 'qmi'\s+UUID: \[d1a30bc2-f97a-6e43-bf65-c7e24fb0/
      )
      const words = ["-d", "/dev/cdc-wdm0", "--device-open-mbim", "--dms-list-stored-images"]
      assert.match(
        await ok(tools, "qmicli", ...words),
        /\[modem0\]\s+Unique ID: '\?_\?'\s+Build ID: '02\.24\.05\.06_\?'/
      )
      const info = await ok(tools, "boothold", "info")
      for (const word of ["02.24.05.06", "GENERIC", "002.026_000"]) assert(info.includes(word), `${word} in:\n${info}`)
      await modem.isIdle()
    }
  },
  {
    name: `${tool} --update over MBIM`,
    limitSeconds: 480,
    body: onceMoreIfTooSlow(async (tools) => {
      const modem = await tools.modem(mbimUpdate.model, mbimUpdate.wishes)
      const words = ["--update", "-d", mbimUpdate.application, "--ignore-mm-runtime-check", "--verbose"]
      await flash(tools, ...words, ...mbimUpdate.set.files)
      await modem.isIdle()
      const state = await modem.quit()
      tools.keep(modem.transcript, `upstream-update-${mbimUpdate.name}.jsonl`)
      assertUpdated(mbimUpdate, modem, state)
    })
  },
  {
    name: "boothold update over MBIM",
    body: async (tools) => {
      const modem = await tools.modem(mbimUpdate.model, mbimUpdate.wishes)
      await ok(tools, "boothold", "update", "-d", mbimUpdate.application, "--yes", ...mbimUpdate.set.files)
      await modem.isIdle()
      assert.equal(driverOf("cdc-wdm0"), "cdc_mbim")
      const state = await modem.quit()
      tools.keep(modem.transcript, `boothold-update-${mbimUpdate.name}.jsonl`)
      assertUpdated(mbimUpdate, modem, state)
    }
  },
  {
    name: "update of 68b1, MBIM alone: its function must be closed before it opens, forgets that it is open, and takes 64 bytes at a time",
    body: async (tools) => {
      const faults = ["mbimNeedsClose", "mbimForgetsOpen:after=9", "mbimSmallTransfers:bytes=64"]
      const modem = await tools.modem(x30.model, { ...alone, faults })
      await ok(tools, "boothold", "update", "-d", "1199:68b1", "--yes", ...x30.set.files)
      await modem.isIdle()
      const said = modem.journal().filter(({ _tag, detail }) => _tag === "MbimAnswer" && detail === "NotOpened")
      const state = await modem.quit()
      assert(said.length >= 3, "it had to be opened again: at each of two boots, and in between")
      assert.deepEqual(modem.received(), hashes(x30))
      assertRuns(x30, state)
    }
  },
  {
    name: "no QMI over MBIM: it is said, and the modem is asked by AT where it has such a port",
    body: async (tools) => {
      const faults = ["qmiOverMbimMissing"]
      const both = await tools.modem(mbimUpdate.model, { ...mbimUpdate.wishes, faults })
      const info = await ok(tools, "boothold", "info")
      assert.match(info, /firmware 02\.24\.05\.06/)
      assert.match(info, /asked by AT on \S*ttyUSB2: .*no QMI service/)
      const asked = new Set(both.journal().map(({ _tag }) => _tag))
      assert(asked.has("AtCommand") && !asked.has("QmiRequest"))
      await both.isIdle()
      await both.quit()
      const modem = await tools.modem(x30.model, { ...alone, faults })
      const { status, stderr } = await tools.boothold(["info"])
      assert.equal(status, 6, stderr)
      assert.match(stderr, /no QMI service in its MBIM function \(MBIM status 9, NoDeviceSupport\)/)
      await modem.isIdle()
    }
  }
]
