/** Sending a modem into boot-and-hold, by every way it may know, in the family's order (flows.md §3.3). */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Ref from "effect/Ref"
import * as Result from "effect/Result"
import type { BootEntry, Family } from "../../device/families/Family.ts"
import { describeDevice } from "../../device/Modem.ts"
import type { Modem } from "../../device/Modem.ts"
import { UsbBus } from "../../device/UsbBus.ts"
import { watchBus } from "../../device/watch.ts"
import type { BusWatch } from "../../device/watch.ts"
import { step } from "../../flow/Step.ts"
import * as Dms from "../../protocol/qmi/dms.ts"
import type { AtSession } from "../../session/AtSession.ts"
import type { AtPortAnswer } from "../../session/AtProbe.ts"
import type { AtError } from "../../session/AtError.ts"
import type { QmiFailure, QmiSession } from "../../session/QmiSession.ts"
import type { BusError } from "../../device/BusError.ts"
import type { TransportError } from "../../transport/TransportError.ts"
import { emit } from "../events.ts"
import { FlowError } from "../FlowError.ts"
import type { Attempt } from "../FlowError.ts"
import { findAtPort, hasCandidate, notAsked, unlock } from "../at-port.ts"
import { nowIs, Run } from "../Run.ts"

type Failure = QmiFailure | AtError | BusError

/** `gone`: it left the bus or stopped answering in the middle, as a modem does that reboots at once. */
type Answer = { readonly _tag: "Accepted" | "Gone" } | { readonly _tag: "Refused"; readonly answer: string }

/** By AT, what each port of the modem answered. */
export type Tried = Answer & { readonly ports?: ReadonlyArray<AtPortAnswer> }

const accepted: Answer = { _tag: "Accepted" }
const gone: Answer = { _tag: "Gone" }
export const refused = (answer: string): Answer => ({ _tag: "Refused", answer })

const rebooting = (error: QmiFailure): boolean => error._tag === "TransportError" || error.reason._tag === "NoAnswer"

const viaSetFirmwareId = (control: QmiSession): Effect.Effect<Answer, Failure> =>
  control.request(Dms.SetFirmwareId, {}).pipe(
    Effect.map(() => accepted),
    Effect.catchIf(rebooting, () => Effect.succeed(gone))
  )

/** Whoever breaks off waits no longer for an answer. */
const soon = Duration.seconds(1)

/**
 * Arms the mode, then power-cycles; disarms it if that fails or is broken off, so that no later start surprises
 * (flows.md §9 W5). A modem that has heard of its reset by then restarts either way.
 */
const viaDownloadMode = (control: QmiSession): Effect.Effect<Answer, Failure> => {
  let offline = false
  const breakOff = Effect.suspend(() =>
    Effect.andThen(
      Effect.ignore(control.request(Dms.SetBootImageDownloadMode, { mode: "normal" }, soon)),
      offline ? Effect.ignore(control.request(Dms.SetOperatingMode, { mode: "online" }, soon)) : Effect.void
    )
  )
  return Effect.gen(function* () {
    yield* control.request(Dms.SetBootImageDownloadMode, { mode: "boot-and-recovery" })
    offline = true
    yield* control.request(Dms.SetOperatingMode, { mode: "offline" })
    return yield* control.request(Dms.SetOperatingMode, { mode: "reset" }).pipe(
      Effect.map(() => accepted),
      Effect.catchIf(rebooting, () => Effect.succeed(gone)),
      Effect.tapError(() => Effect.ignore(control.request(Dms.SetOperatingMode, { mode: "online" })))
    )
  }).pipe(
    Effect.onInterrupt(() => breakOff),
    Effect.tapError((error) =>
      // A unit that lacks the message was not armed either.
      error._tag === "QmiError" && error.isNotSupported
        ? Effect.void
        : Effect.ignore(control.request(Dms.SetBootImageDownloadMode, { mode: "normal" }))
    )
  )
}

/** On a port that is known to be the AT port. Its OK may be lost: the port may vanish before it (at.md §3.2). */
export const bootHold = (session: AtSession): Effect.Effect<Answer, AtError | TransportError> =>
  Effect.andThen(unlock(session), session.ask("AT!BOOTHOLD")).pipe(
    Effect.map(() => accepted),
    Effect.catchIf(
      (error) =>
        error._tag === "TransportError" ? error.reason._tag === "Unplugged" : error.reason._tag === "NoAnswer",
      () => Effect.succeed(gone)
    )
  )

/** All ports that may be the AT port are asked at once: a deaf one costs nothing. */
const viaAt = Effect.fnUntraced(function* (modem: Modem) {
  const bus = yield* UsbBus
  const device = (yield* bus.devices).find(({ key }) => key === modem.device.key) ?? modem.device
  if (!hasCandidate(device)) return { ...refused("the modem has no AT port"), ports: notAsked(device) }
  return yield* Effect.scoped(
    Effect.gen(function* () {
      const { answers, found } = yield* findAtPort(device)
      if (found === undefined) return { ...refused("no AT port answers"), ports: answers }
      const answer = yield* bootHold(found.session).pipe(
        Effect.catch((error) => Effect.succeed(refused(error.message)))
      )
      return { ...answer, ports: answers }
    })
  )
})

const tryWay = (way: BootEntry, control: QmiSession, modem: Modem): Effect.Effect<Tried, Failure, UsbBus> => {
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

const answerText = (tried: Tried, left: boolean): string => {
  switch (tried._tag) {
    case "Accepted":
      return "accepted"
    case "Gone":
      return left ? "no answer, but the modem left the bus" : "no answer, and the modem stays"
    case "Refused":
      return tried.answer
  }
}

/**
 * Tries the family's ways one after the other until the modem accepts one, and tells what each of them came to. Where all
 * fail the modem is as it was before.
 */
export const tryWays = Effect.fnUntraced(function* <E extends { readonly message: string }, R>(
  modem: Modem,
  family: Family,
  attempt: (way: BootEntry) => Effect.Effect<Tried, E, R>
) {
  const watch = yield* watchBus
  const attempts: Array<Attempt> = []
  const before = yield* Effect.flatMap(Run, ({ condition }) => Ref.get(condition))
  // Before it is sent: whoever interrupts us now leaves a modem that restarts.
  yield* nowIs({ _tag: "Restarting" })
  for (const way of family.bootEntry) {
    const result = yield* Effect.result(attempt(way))
    const tried: Tried = Result.isSuccess(result) ? result.success : refused(result.failure.message)
    const ports = tried.ports === undefined ? {} : { ports: tried.ports }
    const left = tried._tag === "Gone" && (yield* leftWithin(modem, watch, Duration.seconds(15)))
    const answer = answerText(tried, left)
    const isAccepted = tried._tag === "Accepted" || left
    attempts.push({ way: names[way], answer, ...ports })
    yield* emit({ _tag: "BootEntryTried", way: names[way], accepted: isAccepted, answer, ...ports })
    if (isAccepted) return { watch }
  }
  yield* nowIs(before)
  return yield* new FlowError({ reason: { _tag: "BootAndHoldRefused", attempts } })
})

const enter = ({
  control,
  family,
  modem
}: {
  readonly control: QmiSession
  readonly modem: Modem
  readonly family: Family
}) => tryWays(modem, family, (way) => tryWay(way, control, modem)).pipe(Effect.tap(() => control.abandon))

/** Three ways one after the other, each with its own deadlines, and the wait whether the modem leaves. */
export const entryDeadline: Duration.Duration = Duration.seconds(150)

/** For a family whose images are checked first: needs the proof of it. */
export const enterBootAndHold = step({
  name: "enter-boot-and-hold",
  title: "send the modem into boot-and-hold",
  risk: "reboots",
  deadline: entryDeadline,
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
  deadline: entryDeadline,
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
