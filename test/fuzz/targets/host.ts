/** What this computer tells: sysfs (of which a device chooses a part), lists of modules, our own files. */
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import { matchesPattern, parseAliases, parseBuiltInAliases } from "../../../src/doctor/modalias.ts"
import { Roots } from "../../../src/live/Roots.ts"
import { scan } from "../../../src/live/Sysfs.ts"
import { maxControlMessageOf } from "../../../src/live/usb-descriptors.ts"
import { lineCutter } from "../../../src/serve/lines.ts"
import { ServeError } from "../../../src/serve/ServeError.ts"
import { loadState } from "../../../src/serve/StateFile.ts"
import { em7455, mc7710, mismatches, offlineReason } from "../../../src/sim/index.ts"
import { boot } from "../../../src/sim/storage.ts"
import { bytesOf, equal, hold, pieces, textOf } from "../invariants.ts"
import type { Random } from "../Random.ts"
import type { Target } from "../Target.ts"

/** One folder for all inputs, removed at the end of the process. */
let made: string | undefined
const folder = (): string => {
  if (made === undefined) {
    const path = mkdtempSync(join(tmpdir(), "boothold-fuzz-"))
    process.on("exit", () => rmSync(path, { recursive: true, force: true }))
    made = path
  }
  return made
}

const descriptors = Uint8Array.of(
  ...[18, 1, 0, 2, 0, 0, 0, 64, 0x99, 0x11, 0x71, 0x90, 0, 0, 1, 2, 3, 1],
  ...[9, 2, 30, 0, 1, 1, 0, 0xe0, 250],
  ...[9, 4, 12, 0, 1, 2, 14, 0, 0],
  ...[12, 0x24, 0x1b, 0, 1, 0, 16, 16, 128, 0xdc, 5, 0x20]
)

const attributes = ["idVendor", "idProduct", "busnum", "devnum", "bNumInterfaces", "product", "manufacturer", "serial"]
const ofInterface = ["bInterfaceNumber", "bInterfaceClass", "bInterfaceSubClass", "bInterfaceProtocol"]

/** Fields behind each other, NUL between them: name of the device, its attributes, then three interfaces. */
const device = (...fields: ReadonlyArray<string>): Uint8Array => bytesOf(fields.join("\0"))

/** What can be the name of a file. */
const nameOf = (field: Uint8Array | undefined): string | undefined => {
  const text = textOf(field ?? new Uint8Array(0))
    .replaceAll("/", "|")
    .slice(0, 60)
  return text === "" || text === "." || text === ".." ? undefined : text
}

const split = (input: Uint8Array): ReadonlyArray<Uint8Array> => {
  const out: Array<Uint8Array> = []
  let from = 0
  for (let to = input.indexOf(0); to !== -1; to = input.indexOf(0, from)) {
    out.push(input.subarray(from, to))
    from = to + 1
  }
  return [...out, input.subarray(from)]
}

const draw = (root: string, input: Uint8Array): void => {
  rmSync(root, { recursive: true, force: true })
  const devices = join(root, "sys/bus/usb/devices")
  mkdirSync(devices, { recursive: true })
  const fields = split(input)
  const name = nameOf(fields[0])
  if (name === undefined) return
  const at = join(devices, name)
  mkdirSync(at)
  attributes.forEach((attribute, index) => writeFileSync(join(at, attribute), fields[index + 1] ?? new Uint8Array(0)))
  writeFileSync(join(at, "descriptors"), fields.at(-1) ?? new Uint8Array(0))
  for (let first = attributes.length + 1; first < fields.length && first < 30; first += 7) {
    const entry = nameOf(fields[first])
    if (entry === undefined || attributes.includes(entry) || entry === "descriptors") continue
    const one = join(at, entry)
    mkdirSync(one, { recursive: true })
    ofInterface.forEach((attribute, index) => writeFileSync(join(one, attribute), fields[first + 1 + index] ?? ""))
    const driver = nameOf(fields[first + 5])
    const node = nameOf(fields[first + 6])
    if (driver !== undefined && !ofInterface.includes("driver")) {
      rmSync(join(one, "driver"), { force: true })
      symlinkSync(`../../drivers/${driver}`, join(one, "driver"))
    }
    if (node !== undefined && !ofInterface.includes(node))
      mkdirSync(join(one, node === "driver" ? "usbmisc" : node), { recursive: true })
  }
}

/** A good state in which one value is another one. */
const spoiled = (random: Random): Uint8Array => {
  const value = JSON.parse(textOf(state(random.of([em7455(), mc7710()])))) as unknown
  let at = value
  for (;;) {
    if (typeof at !== "object" || at === null) break
    const inside = at as Record<string, unknown>
    const keys = Object.keys(inside)
    if (keys.length === 0) break
    const key = random.of(keys)
    const next = inside[key]
    if (typeof next !== "object" || next === null || random.once(8)) {
      inside[key] = random.of<unknown>([
        null,
        -1,
        0,
        1.5,
        255,
        1e300,
        "",
        "x",
        [],
        {},
        true,
        "02.33.03.00",
        [null],
        [{}]
      ])
      if (random.once(4)) delete inside[key]
      break
    }
    at = next
  }
  return bytesOf(JSON.stringify(value))
}

const state = (setup: ReturnType<typeof em7455>): Uint8Array =>
  bytesOf(
    JSON.stringify({
      modems: [{ id: "em7455", model: "EM7455", serial: "1", imei: "2", usbPath: "1-2", state: setup.state }]
    })
  )

export const hostTargets: ReadonlyArray<Target> = [
  {
    name: "usb-descriptors",
    longest: 512,
    seeds: () => [descriptors, Uint8Array.of(...descriptors, ...descriptors)],
    run: (input) => {
      for (const configuration of [1, 2]) {
        const limit = maxControlMessageOf(input, configuration, 12)
        hold("a limit has 16 bits", limit === undefined || (limit >= 0 && limit <= 0xffff))
      }
    }
  },
  {
    name: "modalias",
    longest: 2048,
    seeds: () =>
      [
        "alias usb:v1199p9071d*dc*dsc*dp*ic*isc*ip*in* qcserial\nalias usb:v1199p68A2d*dc*dsc*dp*icFFisc*ip*in08* qmi_wwan\n",
        "qcserial.alias=usb:v1199p9070d*dc*dsc*dp*ic*isc*ip*in*\0cdc_mbim.alias=usb:v*p*d*dc*dsc*dp*ic02isc0Eip00in*\0"
      ].map(bytesOf),
    tokens: ["alias ", "usb:v1199p", "d*dc*dsc*dp*ic*isc*ip*in*", "*", "[0-9]", "qcserial", ".alias=", "\0", "\n", "?"],
    run: (input) => {
      const text = textOf(input)
      const found = [...parseAliases(text), ...parseBuiltInAliases(text)]
      hold("aliases are bounded", found.length <= 2 * input.length)
      for (const { module, pattern } of found) {
        hold("a module has a name", module !== "")
        matchesPattern(pattern, "usb:v1199p9070d0006dc00dsc00dp00icFFiscFFipFFin00")
      }
      matchesPattern(text, text)
      hold("a star takes anything", matchesPattern("*", text))
    }
  },
  {
    name: "lines",
    longest: 16_384,
    seeds: () => ["status\nquit\n", "unplug\r\n", `${"x".repeat(5000)}\nstatus\n`].map(bytesOf),
    tokens: ["\n", "status"],
    run: (input) => {
      const whole = lineCutter()(input)
      const cut = lineCutter()
      equal(
        "split, the lines are the same",
        pieces(input).flatMap((piece) => cut(piece)),
        whole
      )
      for (const line of whole) hold("a line is bounded", line.length <= 4096 && !line.includes("\n"))
    }
  },
  {
    name: "sysfs",
    onDisk: true,
    seeds: () => [
      device(
        "1-2",
        "1199\n",
        "9071\n",
        "1\n",
        "7\n",
        " 3\n",
        "MC7455",
        "Sierra",
        "LQ0001",
        "1-2:1.0",
        "00",
        "ff",
        "ff",
        "ff",
        "qcserial",
        "ttyUSB0",
        "1-2:1.8",
        "08",
        "ff",
        "ff",
        "ff",
        "qmi_wwan",
        "cdc-wdm0"
      ),
      device(
        "1-2.3",
        "1199\n",
        "9070\n",
        "1\n",
        "8\n",
        " 1\n",
        "",
        "",
        "",
        "1-2.3:1.0",
        "00",
        "ff",
        "ff",
        "ff",
        "qcserial",
        "ttyUSB1"
      ),
      Uint8Array.of(
        ...device(
          "2-1",
          "1199",
          "9071",
          "2",
          "9",
          "2",
          "EM7455",
          "",
          "",
          "2-1:1.12",
          "0c",
          "02",
          "0e",
          "00",
          "cdc_mbim",
          "usbmisc",
          ""
        ),
        ...descriptors
      )
    ],
    tokens: [
      "\0",
      "1-2",
      "1-2:1.",
      "usb1",
      "ttyUSB0",
      "cdc-wdm0",
      "qcserial",
      "qmi_wwan",
      "cdc_mbim",
      "\n",
      "-1",
      "99999999"
    ],
    millis: 2000,
    longest: 1024,
    run: async (input) => {
      const root = join(folder(), "sysfs")
      draw(root, input)
      const roots = { sys: join(root, "sys"), dev: join(root, "dev"), proc: join(root, "proc") }
      const found = await Effect.runPromise(Effect.provideService(scan, Roots, roots))
      hold("one device at most", found.length <= 1)
      for (const { interfaces = [], manufacturer, ports, product, serial } of found) {
        for (const text of [product, manufacturer, serial]) {
          hold(
            "texts are bounded and draw nothing",
            text === undefined || (text.length <= 512 && !/[\0-\x1f\x7f-\x9f]/.test(text))
          )
        }
        hold(
          "numbers are numbers",
          interfaces.every((one) => [one.number, one.class, one.subclass].every(Number.isInteger))
        )
        hold(
          "ports are of dev",
          ports.every(({ node }) => node?.startsWith(`${roots.dev}/`) === true)
        )
      }
    }
  },
  {
    name: "state-file",
    onDisk: true,
    seeds: () => [state(em7455()), state(mc7710()), state(em7455({ mode: "boot-and-hold" })), bytesOf('{"modems":[]}')],
    tokens: [
      '"slots":[',
      '"pris":[]',
      "null",
      "1e999",
      "-1",
      '"application"',
      '"boot-and-hold"',
      "{}",
      "[]",
      '"received"'
    ],
    repair: (input, random) => (random.once(8) ? input : spoiled(random)),
    longest: 8192,
    millis: 2000,
    memory: 64 * 1024 * 1024,
    run: (input) => {
      const file = join(folder(), "state.json")
      writeFileSync(file, input)
      const loaded = Effect.runSyncExit(loadState(file))
      if (Exit.isFailure(loaded)) {
        const [reason] = loaded.cause.reasons
        hold("what is wrong is said", reason?._tag === "Fail" && reason.error instanceof ServeError)
        return
      }
      for (const modem of loaded.value ?? []) {
        mismatches(modem.state)
        offlineReason(modem.state)
        boot(modem.state, 0)
      }
    }
  }
]
