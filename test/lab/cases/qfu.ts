/** The same command lines to Debian's `qmi-firmware-update` and to `boothold qfu`: same exit status, same modem after it. */
import assert from "node:assert/strict"
import { createHash } from "node:crypto"
import { existsSync, readFileSync, readdirSync, symlinkSync } from "node:fs"
import { join } from "node:path"
import type { Group } from "../guest/harness.ts"
import type { ModemHandle, State } from "../guest/modem.ts"
import { until } from "../guest/processes.ts"
import type { Ended } from "../guest/processes.ts"
import { root } from "../guest/tools.ts"
import type { CaseTools } from "../guest/tools.ts"
import { onceMoreIfTooSlow, runReference } from "./reference.ts"

interface Line {
  readonly words: ReadonlyArray<string>
  /** What has to have happened before the next one. */
  readonly then?: (modem: ModemHandle) => Promise<unknown>
}

interface Outcome {
  readonly ends: ReadonlyArray<{ readonly status: number | null; readonly error: boolean }>
  readonly state: State
  readonly received: ReadonlyArray<string>
  readonly modem: ModemHandle
}

const theirs = "qmi-firmware-update"
const ours = "boothold qfu"
type Tool = typeof theirs | typeof ours

const run = (tools: CaseTools, tool: Tool, words: ReadonlyArray<string>): Promise<Ended> =>
  tool === theirs ? runReference(tools, words) : tools.boothold(["qfu", ...words])

const noManager = "--ignore-mm-runtime-check"

/** `BUS:DEV` of the one modem that is plugged in. */
const numbers = (): string => {
  const devices = "/sys/bus/usb/devices"
  const read = (device: string, attribute: string) => readFileSync(join(devices, device, attribute), "utf8").trim()
  const device = readdirSync(devices).find((name) => !/^usb|:/.test(name) && read(name, "idVendor") === "1199")
  assert(device !== undefined, "a modem on the bus")
  return `${read(device, "busnum")}:${read(device, "devnum")}`
}

const booted = (mode: State["mode"]) => (modem: ModemHandle) =>
  modem.happens(`in ${mode}`, (entry) => entry._tag === "Booted" && entry.mode === mode)

/** Runs the lines on a new modem, one after the other. */
const outcomeOf = async (
  tools: CaseTools,
  tool: Tool,
  model: string,
  lines: () => ReadonlyArray<Line>
): Promise<Outcome> => {
  const modem = await tools.modem(model)
  const ends: Array<Outcome["ends"][number]> = []
  for (const { then, words } of lines()) {
    const { status, stderr } = await run(tools, tool, words)
    ends.push({ status, error: /^error: /m.test(stderr) })
    await then?.(modem)
  }
  await modem.isIdle()
  const state = await modem.quit()
  return { ends, state, received: modem.received(), modem }
}

/**
 * When it booted last is another time for each; and ours has unlocked it to compare its settings, which lasts until its
 * next start (at.md §3.1).
 */
const comparable = ({ ends, received, state }: Outcome) => ({
  ends,
  received,
  state: { ...state, bootedAt: 0, settings: { ...state.settings, unlocked: false } }
})

/** `lines` is asked when the modem is there; what is true of one must be true of the other, and both must be the same. */
const bothDo = (
  model: string,
  lines: (tools: CaseTools, tool: Tool) => ReadonlyArray<Line>,
  check: (outcome: Outcome) => void
) =>
  onceMoreIfTooSlow(async (tools: CaseTools): Promise<void> => {
    const reference = await outcomeOf(tools, theirs, model, () => lines(tools, theirs))
    const own = await outcomeOf(tools, ours, model, () => lines(tools, ours))
    check(reference)
    check(own)
    assert.deepEqual(comparable(own), comparable(reference))
  })

const done = { status: 0, error: false }
const failed = { status: 1, error: true }

/** Small ones, of a few KiB: the transfer of large ones is shown elsewhere. */
const small = (...names: ReadonlyArray<string>) => names.map((name) => join(root(), "fixtures/images", name))
const files9x30 = () => small("SWI9X30C_02.33.03.00.cwe", "SWI9X30C_02.33.03.00_GENERIC_002.072_001.nvu")
const file9200 = () => small("MC7700_03.05.29.03_00_generic_000.000_001.cwe")

const hashes = (files: ReadonlyArray<string>): ReadonlyArray<string> =>
  files.map((file) => createHash("sha256").update(readFileSync(file)).digest("hex"))

const assertNotWritten = (modem: ModemHandle): Promise<void> => {
  const written = modem.journal().filter(({ _tag }) => _tag === "PreferenceSet" || _tag === "ChunkWritten")
  assert.deepEqual(written, [], "what failed has left the modem as it was")
  return Promise.resolve()
}

export const cases: Group = [
  {
    name: "qfu: what fails with both, then an update of a 9x30, letters combined, by ids, with a log",
    limitSeconds: 480,
    body: bothDo(
      "em7455",
      ({ work }, tool) => [
        { words: ["-b", "-d", "1199:9071", "--device-open-qmi", "--device-open-mbim", noManager] },
        { words: ["-u", "-d", "1199:9071", "-f", "99.99.99.99", noManager, ...files9x30()] },
        { words: ["-u", "-d", "1199:9071", "--modem-storage-index", "256", noManager, ...files9x30()] },
        { words: ["-U", "-t", "/dev/ttyUSB2", noManager, ...files9x30()], then: assertNotWritten },
        { words: ["-vud", "1199:9071", "-L", join(work, `log of ${tool}`), noManager, ...files9x30()] }
      ],
      ({ ends, received, state }) => {
        assert.deepEqual(ends, [failed, failed, failed, failed, done])
        assert.deepEqual(received, hashes(files9x30()))
        assert.deepEqual(state.preference, { firmware: "02.33.03.00", config: "002.072_001", carrier: "GENERIC" })
        assert.equal(state.running.firmware, "02.33.03.00")
      }
    )
  },
  {
    name: "qfu: an update of a 9200, by its control port",
    extended: true,
    limitSeconds: 480,
    body: bothDo(
      "mc7710",
      () => [{ words: ["--update", "-w", "/dev/cdc-wdm0", noManager, ...file9200()] }],
      ({ ends, received, state }) => {
        assert.deepEqual(ends, [done])
        assert.deepEqual(received, hashes(file9200()))
        assert.equal(state.running.firmware, "03.05.29.03")
      }
    )
  },
  {
    name: "qfu: reset by bus and device number, then update-download by its port",
    limitSeconds: 480,
    body: bothDo(
      "em7455",
      () => [
        {
          words: ["-b", `--busnum-devnum=${numbers()}`, noManager],
          then: async (modem) => {
            await booted("boot-and-hold")(modem)
            await until("the download port", () => existsSync("/dev/ttyUSB0") || undefined)
          }
        },
        { words: ["-Ut", "/dev/ttyUSB0", ...files9x30(), noManager], then: booted("application") }
      ],
      ({ ends, modem, received }) => {
        assert.deepEqual(ends, [done, done])
        assert.deepEqual(received, hashes(files9x30()))
        const told = modem.journal().filter(({ _tag }) => _tag === "PreferenceSet")
        assert.deepEqual(told, [], "update-download only sends")
      }
    )
  },
  {
    name: "qfu: under the other program's own name, by a link to the shipped file",
    body: async (tools) => {
      const link = join(tools.work, theirs)
      symlinkSync(join(root(), "dist/bin.mjs"), link)
      const { status, stderr, stdout } = await tools.run(process.execPath, [link, "-z", ...files9x30()])
      assert.deepEqual([status, stderr], [0, ""])
      assert(stdout.includes("SWI9X30C_02.33.03.00_GENERIC_002.072_001.nvu"), stdout)
    }
  }
]
