/** What doctor says of real kernel drivers: boot ids that they know, and some that they do not. */
import assert from "node:assert/strict"
import { mkdirSync, readdirSync, symlinkSync } from "node:fs"
import { release } from "node:os"
import { join } from "node:path"
import type { Group } from "../guest/harness.ts"
import { until } from "../guest/processes.ts"
import { moduleFolder } from "../guest/tools.ts"
import type { CaseTools } from "../guest/tools.ts"
import { labCommands } from "./pages.ts"

const ok = async (tools: CaseTools, ...words: ReadonlyArray<string>): Promise<string> => {
  const { status, stderr, stdout } = await tools.boothold(words)
  assert.equal(status, 0, `boothold ${words.join(" ")}\n${stdout}${stderr}`)
  return stdout
}

/** What `depmod` makes of the drivers of this very kernel; the guest's own file tree is the host's. */
const listModules = async (tools: CaseTools): Promise<void> => {
  const folder = join("/lib/modules", release())
  mkdirSync(folder, { recursive: true })
  for (const name of readdirSync(moduleFolder()).filter((one) => one.endsWith(".ko"))) {
    symlinkSync(join(moduleFolder(), name), join(folder, name))
  }
  const { status, stderr } = await tools.run("depmod", [release()])
  assert.equal(status, 0, stderr)
}

interface Diagnosis {
  readonly modems: ReadonlyArray<{
    readonly modem: { readonly vidPid: string }
    readonly findings: ReadonlyArray<{ readonly code: string; readonly reason: string; readonly cure?: string }>
  }>
}

/** Of one modem. */
const findingsOf = async (tools: CaseTools, vidPid: string) => {
  const report = JSON.parse(await ok(tools, "doctor", "--json", "-d", vidPid)) as Diagnosis
  assert.deepEqual(
    report.modems.map(({ modem }) => modem.vidPid),
    [vidPid]
  )
  return report.modems[0]?.findings ?? []
}

export const cases: Group = [
  {
    name: "doctor: boot ids that this kernel's drivers know, and some that they do not",
    body: async (tools) => {
      await listModules(tools)
      const modem = await tools.modem("em7455")
      const known = await findingsOf(tools, "1199:9071")
      const said = JSON.stringify(known, undefined, 1)
      assert(
        known.some(({ code, reason }) => code === "DOCTOR_BOOT_ID_OK" && reason.includes("1199:9070")),
        said
      )
      assert(
        known.some(({ code }) => code === "DOCTOR_VIRTUAL_USB"),
        said
      )
      for (const code of ["DOCTOR_PORTS_OK", "DOCTOR_PORTS_FREE", "DOCTOR_DRIVERS_OK"]) {
        assert(
          known.some((one) => one.code === code),
          `${code} in ${said}`
        )
      }
      for (const words of labCommands("docs/doctor.md")) await ok(tools, ...words)
      await modem.isIdle()
      await modem.quit()
      // No driver of Linux 6.1 knows this one, in either mode (devices.md §2.3).
      const stranger = tools.startModem(["em7455", "--usbip", "--attach", "--instant", "--usb-id", "1199:9075"])
      await stranger.says(/^ready/m)
      const unknown = await until("doctor sees it", async () => {
        const findings = await findingsOf(tools, "1199:9075").catch(() => [])
        return findings.length > 0 ? findings : undefined
      })
      const about = unknown.find(({ code }) => code === "DOCTOR_BOOT_ID_UNKNOWN")
      assert(about !== undefined, JSON.stringify(unknown, undefined, 1))
      assert.match(about.reason, /1199:9074/)
      assert.match(about.cure ?? "", /echo 1199 9074 .*qcserial\/new_id/)
      // It is told to the kernel as doctor says, and then it is known.
      const told = await tools.run("sh", ["-c", "echo 1199 9074 >/sys/bus/usb-serial/drivers/qcserial/new_id"])
      assert.equal(told.status, 0, told.stderr)
      const cured = await findingsOf(tools, "1199:9075")
      assert(
        cured.some(({ code }) => code === "DOCTOR_BOOT_ID_OK"),
        JSON.stringify(cured, undefined, 1)
      )
      stranger.write("quit\n")
      assert.equal((await stranger.ended).status, 0)
    }
  }
]
