/** Sending a modem into boot-and-hold, by every way it may know, in the family's order (flows.md §3.3). */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import type { BootEntry, Family } from "../../device/families/Family.ts"
import { describeDevice } from "../../device/Modem.ts"
import type { Modem } from "../../device/Modem.ts"
import { UsbBus } from "../../device/UsbBus.ts"
import { watchBus } from "../../device/watch.ts"
import type { BusWatch } from "../../device/watch.ts"
import { step } from "../../flow/Step.ts"
import * as Dms from "../../protocol/qmi/dms.ts"
import { openAtSession } from "../../session/AtSession.ts"
import type { AtError } from "../../session/AtError.ts"
import type { QmiFailure, QmiSession } from "../../session/QmiSession.ts"
import type { BusError } from "../../device/BusError.ts"
import { emit } from "../events.ts"
import { FlowError } from "../FlowError.ts"
import type { Attempt } from "../FlowError.ts"
import { nowIs } from "../Run.ts"
import { connect } from "./connect.ts"

/** Factory value on all families (at.md §3.1); some 9x30 refuse `AT!BOOTHOLD` until it was given (at.md §3.2). */
const unlock = 'AT!ENTERCND="A710"'

type Failure = QmiFailure | AtError | BusError

/** `gone`: it left the bus or stopped answering in the middle, as a modem does that reboots at once. */
type Answer = { readonly _tag: "Accepted" | "Gone" } | { readonly _tag: "Refused"; readonly answer: string }

const accepted: Answer = { _tag: "Accepted" }
const gone: Answer = { _tag: "Gone" }
const refused = (answer: string): Answer => ({ _tag: "Refused", answer })

const rebooting = (error: QmiFailure): boolean => error._tag === "TransportError" || error.reason._tag === "NoAnswer"

const viaSetFirmwareId = (control: QmiSession): Effect.Effect<Answer, Failure> =>
  control.request(Dms.SetFirmwareId, {}).pipe(
    Effect.map(() => accepted),
    Effect.catchIf(rebooting, () => Effect.succeed(gone))
  )

/** Arms the mode, then power-cycles; disarms it if that fails, so that no later start surprises (flows.md §9 W5). */
const viaDownloadMode = (control: QmiSession): Effect.Effect<Answer, Failure> =>
  Effect.gen(function* () {
    yield* control.request(Dms.SetBootImageDownloadMode, { mode: "boot-and-recovery" })
    yield* control.request(Dms.SetOperatingMode, { mode: "offline" })
    return yield* control.request(Dms.SetOperatingMode, { mode: "reset" }).pipe(
      Effect.map(() => accepted),
      Effect.catchIf(rebooting, () => Effect.succeed(gone)),
      Effect.tapError(() => Effect.ignore(control.request(Dms.SetOperatingMode, { mode: "online" })))
    )
  }).pipe(
    Effect.tapError((error) =>
      // A unit that lacks the message was not armed either.
      error._tag === "QmiError" && error.isNotSupported
        ? Effect.void
        : Effect.ignore(control.request(Dms.SetBootImageDownloadMode, { mode: "normal" }))
    )
  )

/** All AT ports at once: a deaf one costs nothing. The first that accepts decides. */
const viaAt = Effect.fnUntraced(function* (modem: Modem) {
  const bus = yield* UsbBus
  const device = (yield* bus.devices).find(({ key }) => key === modem.device.key)
  const ports = device?.ports.filter(({ role }) => role === "at") ?? []
  if (device === undefined || ports.length === 0) return refused("there is no AT port")
  const answers = yield* Effect.forEach(
    ports,
    (port) =>
      Effect.gen(function* () {
        const at = yield* openAtSession(Effect.provideService(connect(device, port), UsbBus, bus))
        // Its result is of no interest: it fails where it is not needed (at.md §6).
        yield* Effect.ignore(at.send(unlock))
        yield* at.ask("AT!BOOTHOLD")
      }).pipe(
        Effect.scoped,
        Effect.map(() => accepted),
        Effect.catch((error) =>
          Effect.succeed(
            // The port may vanish before its OK (at.md §3.2).
            error._tag === "TransportError" && error.reason._tag === "Unplugged" ? gone : refused(error.message)
          )
        )
      ),
    { concurrency: "unbounded" }
  )
  const refusals = answers.flatMap((answer) => (answer._tag === "Refused" ? [answer.answer] : []))
  return answers.find(({ _tag }) => _tag !== "Refused") ?? refused(refusals.join("; "))
})

const tryWay = (way: BootEntry, control: QmiSession, modem: Modem): Effect.Effect<Answer, Failure, UsbBus> => {
  switch (way) {
    case "set-firmware-id":
      return viaSetFirmwareId(control)
    case "boot-image-download-mode":
      return viaDownloadMode(control)
    case "at-boothold":
      return viaAt(modem)
  }
}

const names: { readonly [W in BootEntry]: string } = {
  "set-firmware-id": "QMI Set Firmware ID (0x003E)",
  "boot-image-download-mode": "QMI Set Boot Image Download Mode (0x0050) and reset",
  "at-boothold": "AT!BOOTHOLD"
}

/** A modem that does not answer may be on its way: whether it leaves decides if the next way is tried. */
const leftWithin = (modem: Modem, watch: BusWatch, patience: Duration.Duration) =>
  Effect.flatMap(UsbBus, (bus) =>
    watch.gone(modem.device.key).pipe(
      Effect.timeoutOption(patience),
      Effect.andThen(bus.devices),
      Effect.map((devices) => !devices.some(({ key }) => key === modem.device.key))
    )
  )

const enter = Effect.fnUntraced(function* (state: {
  readonly control: QmiSession
  readonly modem: Modem
  readonly family: Family
}) {
  const { control, family, modem } = state
  const watch = yield* watchBus
  const attempts: Array<Attempt> = []
  yield* nowIs({ _tag: "Restarting" })
  for (const way of family.bootEntry) {
    const result = yield* Effect.result(tryWay(way, control, modem))
    const answer = Result.isSuccess(result) ? result.success : refused(result.failure.message)
    attempts.push({ way: names[way], answer: answer._tag === "Refused" ? answer.answer : "accepted" })
    if (answer._tag === "Refused") continue
    if (answer._tag === "Gone" && !(yield* leftWithin(modem, watch, Duration.seconds(15)))) {
      attempts[attempts.length - 1] = { way: names[way], answer: "no answer, and the modem stays" }
      continue
    }
    yield* control.abandon
    yield* emit({
      _tag: "Note",
      step: "enter-boot-and-hold",
      detail: attempts.map((attempt) => `${attempt.way}: ${attempt.answer}`).join("; ")
    })
    return { watch }
  }
  yield* nowIs({ _tag: "Untouched" })
  return yield* new FlowError({ reason: { _tag: "BootAndHoldRefused", attempts } })
})

/** For a family whose images are checked first: needs the proof of it. */
export const enterBootAndHold = step({
  name: "enter-boot-and-hold",
  title: "send the modem into boot-and-hold",
  risk: "reboots",
  deadline: Duration.seconds(120),
  drops: ["control"],
  run: (state: {
    readonly control: QmiSession
    readonly modem: Modem
    readonly family: Family<"boot-and-hold">
    readonly checked: unknown
  }) => enter(state)
})

/** For the `reset` command: no images, any family. */
export const holdOnly = step({
  name: "enter-boot-and-hold",
  title: "send the modem into boot-and-hold",
  risk: "reboots",
  deadline: Duration.seconds(120),
  drops: ["control"],
  run: (state: { readonly control: QmiSession; readonly modem: Modem; readonly family: Family }) => enter(state)
})

/** The modem in boot-and-hold with its download port. In application mode again: it did not wait (failures.md §0, 11). */
export const arriveHeld = Effect.fnUntraced(function* (family: Family, modem: Modem, watch: BusWatch) {
  const arrival = yield* watch.await({
    identity: modem.identity,
    awaited: [
      { mode: "boot-and-hold", role: "download" },
      { mode: "application", role: "control" }
    ],
    deadline: family.deadlines.downloadPort
  })
  const device = describeDevice(arrival.device)
  yield* emit({ _tag: "ModemSeen", device, mode: arrival.mode })
  if (arrival.mode === "application") {
    yield* nowIs({ _tag: "RunningOther", found: "it did not wait in boot-and-hold" })
    return yield* new FlowError({ reason: { _tag: "CameBackRunning", device } })
  }
  yield* nowIs({ _tag: "BootAndHold" })
  return arrival
})

/** The proof that `reset` worked: the modem is there in boot-and-hold. */
export const awaitHold = (family: Family) =>
  step({
    name: "wait-for-boot-and-hold",
    title: "wait for the modem in boot-and-hold",
    risk: "none",
    deadline: Duration.sum(family.deadlines.downloadPort, Duration.seconds(15)),
    drops: ["watch"],
    run: ({ modem, watch }: { readonly modem: Modem; readonly watch: BusWatch }) =>
      Effect.map(arriveHeld(family, modem, watch), ({ device }) => ({ held: device }))
  })
