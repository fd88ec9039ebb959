/** The transfer in boot-and-hold (qdl.md §5): for each image Hello, Open, chunks, Close; then one Reset. */
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type { Family } from "../../device/families/Family.ts"
import type { Modem } from "../../device/Modem.ts"
import { UsbBus } from "../../device/UsbBus.ts"
import { watchBus } from "../../device/watch.ts"
import type { Arrival, BusWatch } from "../../device/watch.ts"
import type { OpenedImage } from "../../file/Image.ts"
import { step } from "../../flow/Step.ts"
import { openQdlSession, qdlDeadlines } from "../../session/QdlSession.ts"
import type { QdlSession } from "../../session/QdlSession.ts"
import { checkProtocol } from "../download-protocol.ts"
import { emit } from "../events.ts"
import { nowIs } from "../Run.ts"
import { arriveHeld } from "./boot-and-hold.ts"
import { connect } from "./connect.ts"
import { sendPayload } from "./send.ts"
import type { Transferred } from "./state.ts"

/** A session with the boot loader, after it was made sure what it speaks. */
export const openLoader = Effect.fnUntraced(function* (family: Family, { device, port }: Arrival) {
  const bus = yield* UsbBus
  const open = Effect.provideService(connect(device, port), UsbBus, bus)
  yield* checkProtocol(family, device, open)
  const qdl = yield* openQdlSession(open, { ...qdlDeadlines, chunk: family.deadlines.chunk })
  return { qdl }
})

/** The modem's download port, once the modem is there. */
export const openDownload = (family: Family) =>
  step({
    name: "wait-for-boot-and-hold",
    title: "wait for the modem in boot-and-hold and open its download port",
    risk: "none",
    deadline: Duration.sum(family.deadlines.downloadPort, Duration.seconds(15)),
    drops: ["watch"],
    run: ({ modem, watch }: { readonly modem: Modem; readonly watch: BusWatch }) =>
      Effect.flatMap(arriveHeld(family, modem, watch), (arrival) => openLoader(family, arrival))
  })

/** The download port of a modem that waits in boot-and-hold already. */
export const openDownloadNow = (family: Family) =>
  step({
    name: "open-download",
    title: "open the download port of the modem in boot-and-hold",
    risk: "none",
    deadline: Duration.seconds(30),
    run: ({ modem }: { readonly modem: Modem }) =>
      Effect.gen(function* () {
        const watch = yield* watchBus
        const arrival = yield* watch.await({
          identity: modem.identity,
          awaited: [{ mode: "boot-and-hold", role: "download" }],
          deadline: Duration.seconds(15),
          present: true
        })
        yield* nowIs({ _tag: "BootAndHold" })
        return yield* openLoader(family, arrival)
      })
  })

export const dloadSwitch = step({
  name: "dload-switch",
  title: "switch the boot loader from DLOAD to the download protocol",
  risk: "none",
  // One that still programs what a killed program sent last is silent for more than a minute.
  deadline: Duration.seconds(170),
  run: ({ qdl }: { readonly qdl: QdlSession }) => Effect.map(qdl.dloadSwitch, (switched) => ({ switched }))
})

/** Both sides agree on the protocol version; asked again for every image (qdl.md §5). */
export const hello = (family: Family) =>
  step({
    name: "hello",
    title: "agree on the protocol version",
    risk: "none",
    deadline: Duration.seconds(90),
    run: ({ qdl }: { readonly qdl: QdlSession; readonly switched: unknown; readonly item: OpenedImage }) =>
      Effect.map(
        qdl.hello({ version: family.qdl.version, toleratesError: family.qdl.toleratesHelloError }),
        (version) => ({ greeted: { version } })
      )
  })

export interface Opened {
  readonly image: OpenedImage
  /** The modem has this image already (qdl.md §3.4, status 7). */
  readonly required: boolean
}

/** Announces the image; from here on its slot is invalid until everything is written. */
export const openImage = step({
  name: "open",
  title: "announce the image with its header",
  risk: "writes-flash",
  deadline: Duration.seconds(60),
  drops: ["greeted"],
  run: (state: {
    readonly qdl: QdlSession
    readonly greeted: { readonly version: number }
    readonly checked: unknown
    readonly item: OpenedImage
    readonly images: ReadonlyArray<OpenedImage>
  }) =>
    Effect.gen(function* () {
      const { image } = state.item
      yield* emit({
        _tag: "ImageStarted",
        image: image.name,
        role: image.role,
        number: state.images.indexOf(state.item) + 1,
        of: state.images.length,
        bytes: image.payloadSize
      })
      yield* nowIs({ _tag: "HalfWritten", image: image.name, sent: 0, bytes: image.payloadSize })
      const answer = yield* state.qdl.open({
        imageType: image.qdlType,
        length: image.headerBytes.length + image.payloadSize,
        chunkSize: image.payloadSize,
        header: image.headerBytes
      })
      const opened: Opened = { image: state.item, required: answer === "opened" }
      return { opened }
    })
})

export interface Written {
  readonly image: OpenedImage
  readonly required: boolean
  readonly since: number
}

export const writeImage = step({
  name: "write",
  title: "send the image in chunks of 1 MiB, each acknowledged",
  risk: "writes-flash",
  deadline: Duration.hours(4),
  drops: ["opened"],
  run: ({ opened, qdl }: { readonly qdl: QdlSession; readonly opened: Opened }) =>
    Effect.gen(function* () {
      const since = yield* Clock.currentTimeMillis
      const { image } = opened.image
      if (opened.required) yield* sendPayload(qdl, opened.image)
      else yield* emit({ _tag: "ImageSkipped", image: image.name, why: "the modem says that it has it already" })
      const written: Written = { image: opened.image, required: opened.required, since }
      return { written }
    })
})

/** Closes the image. A device that wanted nothing of it was told nothing either. */
export const closeImage = step({
  name: "close",
  title: "close the image and hear whether it is good",
  risk: "writes-flash",
  deadline: Duration.minutes(3),
  drops: ["written"],
  run: ({
    images,
    qdl,
    written
  }: {
    readonly qdl: QdlSession
    readonly written: Written
    readonly images: ReadonlyArray<OpenedImage>
  }) =>
    Effect.gen(function* () {
      const { image } = written.image
      if (written.required) yield* qdl.closeImage
      const millis = (yield* Clock.currentTimeMillis) - written.since
      const closed: Transferred = {
        image: image.name,
        bytes: written.required ? image.payloadSize : 0,
        skipped: !written.required,
        millis
      }
      const left = images.slice(images.indexOf(written.image) + 1).map((next) => next.image.name)
      yield* nowIs({ _tag: "WrittenNotReset", ...(left.length === 0 ? {} : { left }) })
      if (written.required) yield* emit({ _tag: "ImageFinished", image: image.name, bytes: image.payloadSize, millis })
      return { closed }
    })
})

/** Watches the bus, then asks for the reset. No answer exists: the modem leaving is the answer (qdl.md §3.7). */
export const resetModem = step({
  name: "reset",
  title: "reset the modem: it applies the images and starts",
  risk: "reboots",
  deadline: Duration.seconds(15),
  drops: ["qdl", "transferred"],
  run: ({ qdl, transferred }: { readonly qdl: QdlSession; readonly transferred: ReadonlyArray<Transferred> }) =>
    Effect.gen(function* () {
      const watch = yield* watchBus
      // Whoever breaks off here does not know whether the modem has heard it.
      yield* Effect.onExit(qdl.reset, (exit) =>
        Exit.isSuccess(exit) || Cause.hasInterrupts(exit.cause) ? nowIs({ _tag: "Restarting" }) : Effect.void
      )
      yield* qdl.release
      return { watch, sent: transferred }
    })
})
