/**
 * Our way through the real `qmi-proxy` and `mbim-proxy` of Debian, unmodified, to a simulated modem on a pseudo
 * terminal; `qmicli` is the other user of the port.
 */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import { spawn, spawnSync } from "node:child_process"
import { readFileSync } from "node:fs"
import type { UsbDevice } from "../../src/device/UsbBus.ts"
import { UsbBus } from "../../src/device/UsbBus.ts"
import { openProxy } from "../../src/live/Proxy.ts"
import type { ProxyKind } from "../../src/live/ProxyProgram.ts"
import { openPty } from "../../src/serve/Pty.ts"
import * as Sim from "../../src/sim/index.ts"
import { DeviceOpenProxy } from "../../src/update/DeviceOpen.ts"
import { readFacts } from "../../src/update/read-facts.ts"
import { openControlSession } from "../../src/update/steps/control.ts"
import { hexOf } from "../support/scripted-connection.ts"
import { runProgram } from "./run-program.ts"

const programs = { qmi: "/usr/libexec/qmi-proxy", mbim: "/usr/libexec/mbim-proxy" }
const missing = ["qmicli", programs.qmi, programs.mbim].filter(
  (command) => spawnSync(command, ["--version"]).status !== 0
)
/** The proxies serve root only. */
const isRoot = process.getuid?.() === 0
if (missing.length > 0 || !isRoot) {
  console.warn(`SKIPPED: the proof against Debian's proxies; it needs root and ${missing.join(", ")}`)
}

const patience = 40_000

/** Before the terminal: what this process starts inherits it. One that runs already does as well. */
const runningProxy = Effect.fnUntraced(function* (kind: ProxyKind) {
  yield* Effect.acquireRelease(
    Effect.sync(() => spawn(programs[kind], ["--no-exit"], { stdio: "ignore" })),
    // Until it is gone: the next one takes the same name.
    (child) =>
      Effect.callback<void>((resume) => {
        if (child.exitCode !== null || child.signalCode !== null) return resume(Effect.void)
        child.once("exit", () => resume(Effect.void))
        child.kill("SIGKILL")
      })
  )
  yield* Effect.suspend(() =>
    Effect.succeed(readFileSync("/proc/net/unix", "utf8").includes(` @${kind}-proxy\n`))
  ).pipe(
    Effect.repeat({ until: (there) => there, schedule: Schedule.spaced("20 millis") }),
    Effect.timeout("10 seconds")
  )
})

/** A modem on a terminal, and everything that was written to its control port. */
const modemOnPty = Effect.fnUntraced(function* (kind: ProxyKind) {
  const modem = yield* Sim.make(Sim.em7455({ composition: kind === "mbim" ? 8 : 6, timing: Sim.instant }))
  const connection = yield* modem.connect("control")
  const pty = yield* openPty("the control port")
  const written: Array<string> = []
  const toModem = Effect.forever(
    Effect.flatMap(pty.read, (pieces) =>
      Effect.forEach(pieces, (piece) => {
        written.push(hexOf(piece))
        return connection.write(piece)
      })
    )
  )
  yield* Effect.forkScoped(Effect.raceFirst(toModem, Effect.forever(Effect.flatMap(connection.read, pty.write))))
  return { path: pty.path, written }
})

const device: UsbDevice = {
  key: "1:2",
  portPath: "1-2",
  vendorId: 0x1199,
  productId: 0x9071,
  interfaceCount: 5,
  ports: []
}

const session = (path: string, kind: ProxyKind) => {
  const driver = kind === "mbim" ? "cdc_mbim" : "qmi_wwan"
  const port = { name: "cdc-wdm0", role: "control", driver, interfaceNumber: 8, node: path } as const
  return openControlSession(device, port).pipe(
    Effect.provideService(DeviceOpenProxy, true),
    Effect.provideService(
      UsbBus,
      UsbBus.of({
        devices: Effect.die("nobody asks"),
        changes: Effect.die("nobody asks"),
        claim: () => Effect.die("nobody asks"),
        open: (_, { node = "" }, options) =>
          options?.proxy === undefined ? Effect.die("not by a proxy") : openProxy(node, options.proxy)
      })
    )
  )
}

/** QMUX frames inside what was written: CTL message and client that a request names, by their places in qmi.md §1. */
const ctlRequests = (written: ReadonlyArray<string>, message: string): ReadonlyArray<string> =>
  written.flatMap((hex) => {
    const found = new RegExp(`01 .. 00 00 00 00 00 .. ${message} 00 .. ..(.*)$`).exec(hex)
    return found?.[1] === undefined ? [] : [found[1].trim()]
  })

describe.skipIf(missing.length > 0 || !isRoot)("Debian's proxies share a simulated modem's control port", () => {
  for (const kind of ["qmi", "mbim"] as const) {
    it.live(
      `${kind}-proxy: we and qmicli at once, each with its own client, and nobody's is taken away`,
      () =>
        Effect.gen(function* () {
          yield* runningProxy(kind)
          const { path, written } = yield* modemOnPty(kind)
          const asQmicli = runProgram("qmicli", ["-d", path, "-p", `--device-open-${kind}`, "--dms-get-revision"])
          const others = yield* session(path, kind)
          const ours = yield* session(path, kind)
          assert.strictEqual((yield* readFacts(ours)).firmware, "02.24.05.06")

          const { output, status } = yield* asQmicli
          assert.strictEqual(status, 0, output)
          assert.include(output, "SWI9X30C_02.24.05.06")

          // The first leaves: it gives back its own client, and the other goes on.
          yield* ours.close
          assert.strictEqual((yield* readFacts(others)).firmware, "02.24.05.06")
          yield* others.close

          const allocated = ctlRequests(written, "22")
          const released = ctlRequests(written, "23")
          assert.lengthOf(allocated, 3)
          assert.strictEqual(new Set(released).size, 3, "three clients, each given back once")
          assert.lengthOf(released, 3)
          assert.lengthOf(ctlRequests(written, "27"), 0, "no Sync")
          if (kind === "mbim") {
            const messages = written.map((hex) => hex.slice(0, 11))
            assert.lengthOf(
              messages.filter((type) => type === "01 00 00 00"),
              1,
              "one OPEN, of the proxy"
            )
            assert.notInclude(messages, "02 00 00 00", "no CLOSE reaches the modem")
          }
        }),
      patience
    )

    it.live(
      `${kind}-proxy: says that it cannot open what is no port`,
      () =>
        Effect.gen(function* () {
          yield* runningProxy(kind)
          const error = yield* Effect.flip(openProxy("/dev/no-such-port", kind))
          assert.strictEqual(error.code, "TRANSPORT_PROXY_REFUSED")
        }),
      patience
    )
  }
})
