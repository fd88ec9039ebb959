/**
 * The simulated MBIM function against an independent client: `mbimcli` and `qmicli` of Debian, unmodified, ask it through
 * a pseudo terminal. What they print is what they understood.
 */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { spawnSync } from "node:child_process"
import { openPty } from "../../src/serve/Pty.ts"
import * as Sim from "../../src/sim/index.ts"
import { runProgram } from "./run-program.ts"

const patience = 30_000

const runs = (command: string) => spawnSync(command, ["--version"]).status === 0

const missing = ["mbimcli", "qmicli"].filter((command) => !runs(command))
if (missing.length > 0) console.warn(`SKIPPED: the proof against Debian's MBIM tools; it needs ${missing.join(", ")}`)

/** The control port of a modem on a pseudo terminal. */
const controlPort = Effect.fnUntraced(function* (setup: Sim.ModemSetup) {
  const modem = yield* Sim.make(setup)
  const connection = yield* modem.connect("control")
  const pty = yield* openPty("the control port")
  const toModem = Effect.forever(Effect.flatMap(pty.read, (pieces) => Effect.forEach(pieces, connection.write)))
  const fromModem = Effect.forever(Effect.flatMap(connection.read, pty.write))
  yield* Effect.forkScoped(Effect.raceFirst(toModem, fromModem))
  return pty.path
})

const setup = (behaviours: ReadonlyArray<Sim.Behaviour> = []) =>
  Sim.em7455({ composition: 8, timing: Sim.instant, behaviours })

const ask = Effect.fnUntraced(function* (modem: Sim.ModemSetup, command: string, ...args: ReadonlyArray<string>) {
  const path = yield* controlPort(modem)
  return yield* runProgram(command, ["-d", path, ...args])
}, Effect.scoped)

const questions: ReadonlyArray<readonly [string, ReadonlyArray<string>]> = [
  [
    "--query-device-caps",
    [
      "Device type: 'embedded'",
      "Cellular class: 'gsm'",
      "SIM class: 'removable'",
      "lte",
      "Device ID: '123456789012347'",
      "Firmware info: 'SWI9X30C_02.24.05.06'",
      "Hardware info: 'EM7455'"
    ]
  ],
  ["--query-subscriber-ready-status", ["Ready state: 'sim-not-inserted'"]],
  ["--query-radio-state", ["Hardware radio state: 'on'", "Software radio state: 'on'"]],
  ["--query-registration-state", ["Register state: 'deregistered'", "Register mode: 'automatic'"]],
  ["--query-packet-service-state", ["Packet service state: 'detached'"]],
  ["--query-signal-state", ["RSSI [0-31,99]: '99'"]],
  ["--query-connection-state", ["Activation state: 'deactivated'"]],
  ["--query-provisioned-contexts", ["Provisioned contexts (0)"]],
  ["--query-packet-statistics", ["Octets (in): '0'"]],
  [
    "--query-device-services",
    ["a289cc33-bcbb-8b4f-b6b0-133ec2aae6df", "d1a30bc2-f97a-6e43-bf65-c7e24fb0f0d3", "Max DSS sessions"]
  ]
]

describe.skipIf(missing.length > 0)("Debian's MBIM tools understand the simulated modem", () => {
  for (const [question, wanted] of questions) {
    it.live(
      `mbimcli ${question}`,
      () =>
        Effect.gen(function* () {
          const { output, status } = yield* ask(setup(), "mbimcli", question)
          assert.strictEqual(status, 0, output)
          for (const text of wanted) assert.include(output, text)
        }),
      patience
    )
  }

  it.live(
    "mbimcli is told by status what a modem without SIM cannot answer",
    () =>
      Effect.gen(function* () {
        for (const [question, error] of [
          ["--query-home-provider", "SIM"],
          ["--query-ip-packet-filters", "NoDeviceSupport"]
        ] as const) {
          const { output, status } = yield* ask(setup(), "mbimcli", question)
          assert.notStrictEqual(status, 0)
          assert.match(output, new RegExp(error, "i"))
        }
      }),
    patience
  )

  it.live(
    "qmicli asks for the revision over MBIM",
    () =>
      Effect.gen(function* () {
        const { output, status } = yield* ask(setup(), "qmicli", "--device-open-mbim", "--dms-get-revision")
        assert.strictEqual(status, 0, output)
        assert.include(output, "SWI9X30C_02.24.05.06")
      }),
    patience
  )

  it.live(
    "qmicli puts fragments of its list of stored images together",
    () =>
      Effect.gen(function* () {
        const { model } = setup()
        const compositions = model.compositions.map((one) => ({
          ...one,
          ports: one.ports.map((port) => (port.driver === "cdc_mbim" ? { ...port, maxControlMessage: 128 } : port))
        }))
        const small = Sim.setup({ ...model, compositions }, { composition: 8, timing: Sim.instant })
        const { output, status } = yield* ask(small, "qmicli", "--device-open-mbim", "--dms-list-stored-images")
        assert.strictEqual(status, 0, output)
        assert.include(output, "02.24.05.06_?")
      }),
    patience
  )

  it.live(
    "mbimcli closes and opens a function that says that it is not open",
    () =>
      Effect.gen(function* () {
        const { output, status } = yield* ask(
          setup([Sim.behaviour("mbimForgetsOpen", { after: 0 })]),
          "mbimcli",
          "--query-device-caps"
        )
        // It has no second try: it says what it heard.
        assert.notStrictEqual(status, 0)
        assert.match(output, /NotOpened|not.?opened/i)
      }),
    patience
  )
})
