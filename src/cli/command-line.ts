/**
 * The command line as it is declared: names, options, help and completions. What a command does is loaded when it
 * runs, so that `inspect` does not wait for the simulator and the flows.
 */
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import { enterCnd } from "../protocol/at/commands.ts"
import * as Flags from "./flags.ts"
import type { FlowInput, ImagesInput, ModemInput, StateInput, WriteInput } from "./inputs.ts"
import { refuse } from "./CommandError.ts"
import { ExitCode } from "./ExitCode.ts"
import { simulateCommand } from "./simulate-command.ts"

const given = Option.getOrUndefined

/** What `--device-open-…` says; more than one of them contradict each other. */
const deviceOpenInput = Effect.fnUntraced(function* (
  command: string,
  from: {
    readonly deviceOpenAuto: boolean
    readonly deviceOpenQmi: boolean
    readonly deviceOpenMbim: boolean
    readonly deviceOpenProxy: boolean
    readonly byAt: boolean
    readonly atPassword: Option.Option<string>
    readonly simulate: Option.Option<string>
  }
) {
  const modes = [
    ...(from.deviceOpenAuto ? ["auto" as const] : []),
    ...(from.deviceOpenQmi ? ["qmi" as const] : []),
    ...(from.deviceOpenMbim ? ["mbim" as const] : [])
  ]
  const [mode, other] = modes
  const usage = (detail: string) => refuse({ _tag: "BadUsage", command: `boothold ${command}`, detail })
  if (other !== undefined) {
    const names = modes.map((one) => `--device-open-${one}`)
    return yield* usage(`${names.slice(0, -1).join(", ")} and ${names.at(-1) ?? ""} exclude each other`)
  }
  if (from.deviceOpenProxy && Option.isSome(from.simulate)) {
    return yield* usage("--device-open-proxy is for real modems: a simulated one is shared with nobody")
  }
  if (from.byAt && (mode !== undefined || from.deviceOpenProxy)) {
    return yield* usage("--by-at leaves the control port alone: --device-open-… says how it is opened")
  }
  const password = given(from.atPassword)
  if (password !== undefined && Result.isFailure(enterCnd(password))) {
    return yield* usage("--at-password takes 4 to 15 printable characters without quotes")
  }
  const input: Pick<ModemInput, "deviceOpen" | "proxy" | "byAt" | "atPassword"> = {
    ...(mode === undefined ? {} : { deviceOpen: mode }),
    ...(from.deviceOpenProxy ? { proxy: true } : {}),
    ...(from.byAt ? { byAt: true } : {}),
    ...(password === undefined ? {} : { atPassword: password })
  }
  return input
})

/** Options of the parser as the commands take them. */
const modemInput = Effect.fnUntraced(function* (from: {
  readonly vidPid: Option.Option<string>
  readonly busnumDevnum: Option.Option<string>
  readonly cdcWdm: Option.Option<string>
  readonly tty: Option.Option<string>
  readonly usbPath: Option.Option<string>
  readonly serial: Option.Option<string>
  readonly transport: Option.Option<"auto" | "kernel" | "usb">
  readonly protocol?: Option.Option<"auto" | "qdl" | "sahara">
  readonly simulate: Option.Option<string>
  readonly simulateSpeed: number
  readonly simulateMode: "application" | "boot-and-hold"
  readonly simulateBehaviour: ReadonlyArray<string>
  readonly simulateStored: ReadonlyArray<string>
  readonly simulateComposition: Option.Option<number>
}) {
  const json = yield* Flags.Json
  const input: ModemInput = {
    json,
    selector: {
      ...(Option.isSome(from.vidPid) ? { vidPid: from.vidPid.value } : {}),
      ...(Option.isSome(from.busnumDevnum) ? { busnumDevnum: from.busnumDevnum.value } : {}),
      ...(Option.isSome(from.cdcWdm) ? { cdcWdm: from.cdcWdm.value } : {}),
      ...(Option.isSome(from.tty) ? { tty: from.tty.value } : {}),
      ...(Option.isSome(from.usbPath) ? { usbPath: from.usbPath.value } : {}),
      ...(Option.isSome(from.serial) ? { serial: from.serial.value } : {})
    },
    ...(Option.isSome(from.transport) ? { transport: from.transport.value } : {}),
    ...(from.protocol !== undefined && Option.isSome(from.protocol) ? { protocol: from.protocol.value } : {}),
    simulation: Option.isSome(from.simulate)
      ? {
          model: from.simulate.value,
          speed: from.simulateSpeed,
          mode: from.simulateMode,
          behaviours: from.simulateBehaviour,
          ...(from.simulateStored.length === 0 ? {} : { stored: from.simulateStored }),
          ...(Option.isSome(from.simulateComposition) ? { composition: from.simulateComposition.value } : {})
        }
      : undefined
  }
  return input
})

const imagesInput = (from: {
  readonly files: ReadonlyArray<string>
  readonly firmwareVersion: Option.Option<string>
  readonly configVersion: Option.Option<string>
  readonly carrier: Option.Option<string>
  readonly ignoreVersionErrors: boolean
}): ImagesInput => ({
  files: from.files,
  firmwareVersion: given(from.firmwareVersion),
  configVersion: given(from.configVersion),
  carrier: given(from.carrier),
  ignoreVersionErrors: from.ignoreVersionErrors
})

const flowInput = (from: {
  readonly overrideDownload: boolean
  readonly modemStorageIndex: Option.Option<number>
  readonly skipValidation: boolean
  readonly rollbackOnFailure?: boolean
}): FlowInput => ({
  overrideDownload: from.overrideDownload,
  modemStorageIndex: given(from.modemStorageIndex),
  skipValidation: from.skipValidation,
  ...(from.rollbackOnFailure === false ? { rollbackOnFailure: false } : {})
})

const stateInput = ({ stateDir }: { readonly stateDir: Option.Option<string> }): StateInput =>
  Option.isSome(stateDir) ? { stateDir: stateDir.value } : {}

/** Of the commands that write. */
const writeFlags = {
  ignoreModemManager: Flags.ignoreModemManager,
  ignoreRuntimeCheck: Flags.ignoreRuntimeCheck,
  ignoreDoctor: Flags.ignoreDoctor,
  stateDir: Flags.stateDir,
  yes: Flags.yes
}

const writeInput = (
  from: Omit<WriteInput, "stateDir"> & { readonly ignoreRuntimeCheck: boolean } & Parameters<typeof stateInput>[0]
): WriteInput => ({
  ignoreModemManager: from.ignoreModemManager || from.ignoreRuntimeCheck,
  ignoreDoctor: from.ignoreDoctor,
  yes: from.yes,
  ...stateInput(from)
})

const images = Flags.files("firmware images: .cwe, .nvu, .spk")

const inspect = Command.make(
  "inspect",
  { files: images },
  Effect.fnUntraced(function* ({ files }) {
    const json = yield* Flags.Json
    const run = yield* Effect.promise(() => import("./commands/inspect.ts").then(({ inspect }) => inspect))
    yield* ExitCode.set(run({ json, files }))
  })
).pipe(
  Command.withDescription("Show what is in image files, and check all of it"),
  Command.withExamples([
    { command: "boothold inspect SWI9X30C_02.33.03.00.cwe", description: "tree, versions and all CRCs of one file" }
  ])
)

const plan = Command.make(
  "plan",
  {
    files: images,
    ...Flags.modemFlags,
    ...Flags.deviceOpenFlags,
    ...Flags.versionFlags,
    overrideDownload: Flags.overrideDownload,
    modemStorageIndex: Flags.modemStorageIndex,
    protocol: Flags.protocol,
    skipValidation: Flags.skipValidation
  },
  Effect.fnUntraced(function* (from) {
    const input = {
      ...(yield* modemInput(from)),
      ...(yield* deviceOpenInput("plan", from)),
      ...imagesInput(from),
      ...flowInput(from)
    }
    const run = yield* Effect.promise(() => import("./commands/plan.ts").then(({ plan }) => plan))
    yield* ExitCode.set(run(input))
  })
).pipe(
  Command.withDescription("Show what an update would do, step by step; nothing is changed"),
  Command.withExamples([
    { command: "boothold plan --simulate em7455 *.cwe *.nvu", description: "on a simulated modem" }
  ])
)

const update = Command.make(
  "update",
  {
    files: images,
    ...Flags.modemFlags,
    ...Flags.deviceOpenFlags,
    ...Flags.versionFlags,
    overrideDownload: Flags.overrideDownload,
    modemStorageIndex: Flags.modemStorageIndex,
    protocol: Flags.protocol,
    skipValidation: Flags.skipValidation,
    rollbackOnFailure: Flags.rollbackOnFailure,
    ...writeFlags
  },
  Effect.fnUntraced(function* (from) {
    const input = {
      ...(yield* modemInput(from)),
      ...(yield* deviceOpenInput("update", from)),
      ...imagesInput(from),
      ...flowInput(from),
      ...writeInput(from)
    }
    const run = yield* Effect.promise(() => import("./commands/update.ts").then(({ update }) => update))
    yield* ExitCode.set(run(input))
  })
).pipe(
  Command.withDescription("Update a modem's firmware and check that it runs"),
  Command.withExamples([
    { command: "boothold update -d 1199:9071 *.cwe *.nvu", description: "the EM7455 or MC7455 that is plugged in" },
    { command: "boothold update --simulate em7455 *.cwe *.nvu", description: "on a simulated modem" },
    { command: "boothold update --yes --json *.cwe *.nvu", description: "without questions, events as JSON lines" }
  ])
)

const download = Command.make(
  "download",
  {
    files: images,
    ...Flags.modemFlags,
    ...Flags.deviceOpenFlags,
    firmwareVersion: Flags.versionFlags.firmwareVersion,
    ignoreVersionErrors: Flags.ignoreVersionErrors,
    protocol: Flags.protocol,
    skipValidation: Flags.skipValidation,
    ...writeFlags
  },
  Effect.fnUntraced(function* (from) {
    const none = Option.none()
    const input = {
      ...(yield* modemInput(from)),
      ...(yield* deviceOpenInput("download", from)),
      ...imagesInput({ ...from, configVersion: none, carrier: none }),
      ...flowInput({ overrideDownload: false, modemStorageIndex: none, skipValidation: from.skipValidation }),
      ...writeInput(from)
    }
    const run = yield* Effect.promise(() => import("./commands/download.ts").then(({ download }) => download))
    yield* ExitCode.set(run(input))
  })
).pipe(Command.withDescription("Send images to a modem that waits in boot-and-hold already"))

const reset = Command.make(
  "reset",
  { ...Flags.modemFlags, ...Flags.deviceOpenFlags, ...writeFlags },
  Effect.fnUntraced(function* (from) {
    const input = { ...(yield* modemInput(from)), ...(yield* deviceOpenInput("reset", from)), ...writeInput(from) }
    const run = yield* Effect.promise(() => import("./commands/reset.ts").then(({ reset }) => reset))
    yield* ExitCode.set(run(input))
  })
).pipe(Command.withDescription("Send a modem into boot-and-hold, where it waits for images"))

const recover = Command.make(
  "recover",
  {
    files: Flags.files("firmware images for it: the same as with --images", 0),
    images: Flags.texts("images", "FILE", "send it this image, whatever a journal says; repeatable"),
    ...Flags.modemFlags,
    ...Flags.deviceOpenFlags,
    ...Flags.versionFlags,
    protocol: Flags.protocol,
    watch: Flags.yesNo("watch", "stay, and bring home what needs it without asking, within limits"),
    ...writeFlags
  },
  Effect.fnUntraced(function* (from) {
    const input = {
      ...(yield* modemInput(from)),
      watch: from.watch,
      ...(yield* deviceOpenInput("recover", from)),
      ...imagesInput({ ...from, files: [...from.images, ...from.files] }),
      ...writeInput(from)
    }
    const run = yield* Effect.promise(() => import("./commands/recover.ts").then(({ recover }) => recover))
    yield* ExitCode.set(run(input))
  })
).pipe(
  Command.withDescription("Bring home modems that wait in boot-and-hold, or stay in low power after an update"),
  Command.withExamples([
    { command: "boothold recover", description: "every modem that needs it, one after the other; asks before each" },
    { command: "boothold recover --usb-path 1-2 --images *.cwe *.nvu", description: "this one, with these images" }
  ])
)

const info = Command.make(
  "info",
  { ...Flags.modemFlags, ...Flags.deviceOpenFlags },
  Effect.fnUntraced(function* (from) {
    const input = { ...(yield* modemInput(from)), ...(yield* deviceOpenInput("info", from)) }
    const run = yield* Effect.promise(() => import("./commands/info.ts").then(({ info }) => info))
    yield* ExitCode.set(run(input))
  })
).pipe(Command.withDescription("Show what a modem tells about itself: firmware, preference, stored images"))

const list = Command.make(
  "list",
  { ...Flags.modemFlags, ...Flags.listFlags },
  Effect.fnUntraced(function* (from) {
    const input = { ...(yield* modemInput(from)), firmware: from.firmware, watch: from.watch }
    const run = yield* Effect.promise(() => import("./commands/list.ts").then(({ list }) => list))
    yield* ExitCode.set(run(input))
  })
).pipe(Command.withDescription("List the modems on the bus, with their mode, firmware and ports"))

const doctor = Command.make(
  "doctor",
  {
    files: Flags.files("firmware images, to be checked against the modem", 0),
    ...Flags.modemFlags,
    ...Flags.deviceOpenFlags,
    ...Flags.versionFlags
  },
  Effect.fnUntraced(function* (from) {
    const input = {
      ...(yield* modemInput(from)),
      ...(yield* deviceOpenInput("doctor", from)),
      ...imagesInput(from)
    }
    const run = yield* Effect.promise(() => import("./commands/doctor.ts").then(({ doctor }) => doctor))
    yield* ExitCode.set(run(input))
  })
).pipe(
  Command.withDescription("Look for what would make an update fail: rights, drivers, other programs, images"),
  Command.withExamples([
    { command: "boothold doctor", description: "this computer and its modems; nothing is sent to them" },
    { command: "boothold doctor *.cwe *.nvu", description: "and whether the images are for the modem" }
  ])
)

const decode = Command.make(
  "decode",
  {
    words: Argument.String("[PROTOCOL] HEX|FILE").pipe(
      Argument.withDescription(
        "bytes in hex or as text, a file, or - for the input; in front of it qmux, mbim, qdl, at or cwe"
      ),
      Argument.variadic({ min: 1 })
    )
  },
  Effect.fnUntraced(function* ({ words }) {
    const json = yield* Flags.Json
    const decodeBytes = yield* Effect.promise(() =>
      import("./commands/decode.ts").then(({ decodeBytes }) => decodeBytes)
    )
    yield* ExitCode.set(decodeBytes({ json, words }))
  })
).pipe(
  Command.withDescription("Show bytes from a log field by field"),
  Command.withExamples([
    { command: "boothold decode 7E 0D 16 00 00 00 00 88 4D 7E", description: "finds out the protocol by itself" },
    { command: "boothold decode qmux trace.txt", description: "a dump in a file" }
  ])
)

const show = Command.make(
  "show",
  {
    id: Argument.String("ID").pipe(Argument.withDescription("of a run, or the beginning of it")),
    stateDir: Flags.stateDir
  },
  Effect.fnUntraced(function* (from) {
    const json = yield* Flags.Json
    const run = yield* Effect.promise(() => import("./commands/history.ts").then(({ showRun }) => showRun))
    yield* ExitCode.set(run({ json, id: from.id, ...stateInput(from) }))
  })
).pipe(Command.withDescription("Show one run from beginning to end"))

const history = Command.make(
  "history",
  { stateDir: Flags.stateDir },
  Effect.fnUntraced(function* (from) {
    const json = yield* Flags.Json
    const run = yield* Effect.promise(() => import("./commands/history.ts").then(({ history }) => history))
    yield* ExitCode.set(run({ json, ...stateInput(from) }))
  })
).pipe(Command.withDescription("List the runs that were recorded"), Command.withSubcommands([show]))

const imagesList = Command.make(
  "list",
  { ...Flags.modemFlags, ...Flags.deviceOpenFlags },
  Effect.fnUntraced(function* (from) {
    const input = { ...(yield* modemInput(from)), ...(yield* deviceOpenInput("images list", from)) }
    const run = yield* Effect.promise(() => import("./commands/images.ts").then(({ imagesList }) => imagesList))
    yield* ExitCode.set(run(input))
  })
).pipe(Command.withDescription("List the firmware slots and carrier images of a modem, and what can be selected"))

const storedCommand = (name: "select" | "delete", description: string) =>
  Command.make(
    name,
    {
      words: Argument.String("FIRMWARE [CARRIER [CONFIG]]").pipe(
        Argument.withDescription(description),
        Argument.variadic({ min: 1, max: 3 })
      ),
      ...Flags.modemFlags,
      ...Flags.deviceOpenFlags,
      ...writeFlags
    },
    Effect.fnUntraced(function* (from) {
      const input = {
        ...(yield* modemInput(from)),
        ...(yield* deviceOpenInput(`images ${name}`, from)),
        ...writeInput(from),
        words: from.words
      }
      const run = yield* Effect.promise(() =>
        import("./commands/images.ts").then(({ imagesDelete, imagesSelect }) =>
          name === "select" ? imagesSelect : imagesDelete
        )
      )
      yield* ExitCode.set(run(input))
    })
  )

const storedImages = Command.make("images").pipe(
  Command.withDescription("Show, select and delete what a modem has stored in its slots"),
  Command.withSubcommands([
    imagesList,
    storedCommand(
      "select",
      "what the modem shall run; the beginning of each is enough, capitals count, and what is left out must be clear"
    ).pipe(
      Command.withDescription("Make a modem run firmware and carrier image that it has stored, and restart it"),
      Command.withExamples([
        { command: "boothold images select 02.24.05.06", description: "with the one carrier image that it has for it" },
        { command: "boothold images select 02.24 GENERIC", description: "with this carrier image" }
      ])
    ),
    storedCommand(
      "delete",
      "the image, named in full: a version alone is the firmware, with a carrier it is that carrier image"
    ).pipe(
      Command.withDescription("Delete one stored image; never what runs or is preferred"),
      Command.withExamples([
        { command: "boothold images delete 02.08.02.00", description: "the firmware image in its slot" },
        { command: "boothold images delete 02.08.02.00 GENERIC 002.007_001", description: "a carrier image" }
      ])
    )
  ])
)

/** Here for the help and the completions: `main.ts` gives its words to `qfu/`, with a parser of their own. */
const qfu = Command.make("qfu", { words: Argument.String("WORD").pipe(Argument.variadic({ min: 0 })) }, () =>
  refuse({ _tag: "BadUsage", command: "boothold qfu", detail: "qfu comes first: options of boothold are none of its" })
).pipe(Command.withDescription("Do what a command line of qmi-firmware-update says, with the same options"))

export const boothold = Command.make("boothold").pipe(
  Command.withDescription("Firmware updates of Sierra Wireless modems"),
  Command.withSubcommands([
    inspect,
    plan,
    update,
    download,
    reset,
    recover,
    info,
    list,
    doctor,
    storedImages,
    history,
    decode,
    qfu,
    simulateCommand
  ]),
  Command.withGlobalFlags([Flags.Json])
)
