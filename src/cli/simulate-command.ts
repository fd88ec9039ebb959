/** How `boothold simulate` is declared: its options and its help. */
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { ExitCode } from "./ExitCode.ts"
import * as Flags from "./flags.ts"

const given = Option.getOrUndefined

const number = (name: string, metavar: string, description: string) =>
  Flag.Finite(name).pipe(Flag.withMetavar(metavar), Flag.withDescription(description))

export const simulateCommand = Command.make(
  "simulate",
  {
    models: Argument.String("MODEL").pipe(
      Argument.withDescription("mc7710, mc7354, mc7455, em7455 or em7455-lenovo; several are several modems"),
      Argument.variadic({ min: 0 })
    ),
    pty: Flags.text("pty", "DIR", "serve download and AT port on pseudo terminals: links DIR/download and DIR/at"),
    usbip: Flags.yesNo("usbip", "serve the modems as USB devices, over USB/IP"),
    listen: Flags.text("listen", "HOST:PORT", "where the USB/IP server listens; 127.0.0.1:3240 by default"),
    attach: Flags.yesNo("attach", "attach the modems to this machine's own USB (root, module vhci_hcd)"),
    state: Flags.text("state", "FILE", "load what the modems remember from FILE, and save every change to it"),
    journal: Flags.text("journal", "FILE", "write what happens in the modems, one JSON line each"),
    transcript: Flags.text("transcript", "FILE", "write all bytes at the modems' ports, one JSON line per transfer"),
    control: Flags.text("control", "PATH", "take commands over this socket too: unplug, plug, state, journal, quit"),
    faults: Flags.texts(
      "fault",
      "[ID/]NAME[:KEY=VALUE,…]",
      "give the modems a fault or quirk, e.g. silentHello=2; repeatable"
    ),
    listFaults: Flags.yesNo("list-faults", "show all faults with their fields, and end"),
    speed: number("speed", "FACTOR", "let the modems be that many times faster than real ones").pipe(
      Flag.withDefault(1)
    ),
    instant: Flags.yesNo("instant", "let the modems take no time at all"),
    bootSeconds: number("boot-seconds", "SECONDS", "time from leaving the bus to coming back, whatever the speed").pipe(
      Flag.optional
    ),
    mode: Flag.Literals("mode", ["application", "boot-and-hold"]).pipe(
      Flag.withDescription("the mode in which the modems begin"),
      Flag.withDefault("application" as const)
    ),
    composition: Flag.Int("composition").pipe(
      Flag.withMetavar("N"),
      Flag.withDescription("USB composition: 6 QMI, 8 MBIM, 9 MBIM alone, where the model has it"),
      Flag.optional
    ),
    firmware: Flags.text("firmware", "VERSION", "firmware that runs, e.g. 02.24.05.06"),
    config: Flags.text("config", "VERSION", "config (PRI) version that runs, e.g. 002.026_000"),
    carrier: Flags.text("carrier", "NAME", "carrier that runs, e.g. GENERIC"),
    preference: Flags.text("preference", "FIRMWARE,CONFIG,CARRIER", "what the modems are told to run, or none"),
    serials: Flags.texts("serial", "SERIAL", "USB serial number; once for each modem, in their order"),
    usbIds: Flags.texts("usb-id", "VID:PID", "USB ids, e.g. 413c:81b6 of Dell; once for each modem, in their order"),
    usbPaths: Flags.texts("usb-path", "PATH", "USB port, e.g. 1-2; once for each modem, in their order"),
    ends: number("for", "SECONDS", "end after that time").pipe(Flag.optional)
  },
  Effect.fnUntraced(function* (from) {
    const json = yield* Flags.Json
    const simulate = yield* Effect.promise(() => import("./commands/simulate.ts").then(({ simulate }) => simulate))
    const input = {
      ...from,
      json,
      pty: given(from.pty),
      listen: given(from.listen),
      state: given(from.state),
      journal: given(from.journal),
      transcript: given(from.transcript),
      control: given(from.control),
      bootSeconds: given(from.bootSeconds),
      composition: given(from.composition),
      firmware: given(from.firmware),
      config: given(from.config),
      carrier: given(from.carrier),
      preference: given(from.preference),
      ends: given(from.ends)
    }
    yield* ExitCode.set(simulate(input))
  })
).pipe(
  Command.withDescription("Serve simulated modems to other programs: test your own modem manager against them"),
  Command.withExamples([
    { command: "boothold simulate em7455 --pty /tmp/modem", description: "AT and download port as terminals" },
    { command: "boothold simulate em7455 --usbip --attach", description: "a USB modem for the whole machine" },
    { command: "boothold simulate --list-faults", description: "what can go wrong" }
  ])
)
