/** Arguments and options that several commands share. Names of upstream's `qmi-firmware-update` where it has them. */
import * as Argument from "effect/cli/Argument"
import * as Flag from "effect/cli/Flag"
import * as GlobalFlag from "effect/cli/GlobalFlag"
import * as Param from "effect/cli/Param"
import * as Primitive from "effect/cli/Primitive"
import * as Effect from "effect/Effect"

/** A path as it was typed, so that messages and commands repeat it; shells complete it with file names. */
const typedPath: Primitive.Primitive<string> = Object.assign(
  Object.create(Object.getPrototypeOf(Primitive.Path("file")) as object) as Primitive.Primitive<string>,
  Primitive.Path("file"),
  { parse: (value: string) => Effect.succeed(value) }
)

export const files = (description: string, least = 1) =>
  Param.makeSingle({ kind: Param.argumentKind, name: "FILE", primitiveType: typedPath }).pipe(
    (argument) => argument as Argument.Argument<string>,
    Argument.withDescription(description),
    Argument.variadic({ min: least })
  )

/** A text that need not be given. */
export const text = (name: string, metavar: string, description: string) =>
  Flag.String(name).pipe(Flag.withMetavar(metavar), Flag.withDescription(description), Flag.optional)

/** A text that may be given several times. */
export const texts = (name: string, metavar: string, description: string) =>
  Flag.String(name).pipe(Flag.withMetavar(metavar), Flag.withDescription(description), Flag.atLeast(0))

/** No, unless it is given. */
export const yesNo = (name: string, description: string) =>
  Flag.Boolean(name).pipe(Flag.withDescription(description), Flag.withDefault(false))

export const Json = GlobalFlag.Setting("json")({
  flag: yesNo("json", "print JSON instead of text, also for errors")
})

/** Options of every command that talks to a modem. */
export const modemFlags = {
  vidPid: text("vid-pid", "VID[:PID]", "take the modem with these USB ids, in hex").pipe(Flag.withAlias("d")),
  busnumDevnum: text(
    "busnum-devnum",
    "[BUS:]DEV",
    "take the modem with these numbers of bus and device, in decimal"
  ).pipe(Flag.withAlias("s")),
  cdcWdm: text("cdc-wdm", "PATH", "take the modem with this control port, e.g. /dev/cdc-wdm0").pipe(
    Flag.withAlias("w")
  ),
  tty: text("tty", "PATH", "take the modem with this serial port, e.g. /dev/ttyUSB2").pipe(Flag.withAlias("t")),
  usbPath: text("usb-path", "PATH", "take the modem at this USB port, e.g. 1-2"),
  serial: text("serial", "SERIAL", "take the modem with this USB serial number"),
  transport: Flag.Literals("transport", ["auto", "kernel", "usb"]).pipe(
    Flag.withDescription("open ports by the kernel's drivers, by straight USB, or as it turns out (auto)"),
    Flag.optional
  ),
  simulate: text("simulate", "MODEL", "work on a simulated modem: mc7710, mc7354, mc7455, em7455 or em7455-lenovo"),
  simulateSpeed: Flag.Finite("simulate-speed").pipe(
    Flag.withMetavar("FACTOR"),
    Flag.withDescription("let the simulated modem be that many times faster than a real one"),
    Flag.withDefault(1)
  ),
  simulateMode: Flag.Literals("simulate-mode", ["application", "boot-and-hold"]).pipe(
    Flag.withDescription("the mode in which the simulated modem begins"),
    Flag.withDefault("application" as const)
  ),
  simulateBehaviour: texts(
    "simulate-behaviour",
    "NAME[:KEY=VALUE,…]",
    "give the simulated modem a fault or quirk, e.g. disconnectInChunk:image=0,chunk=1; repeatable"
  ),
  simulateStored: texts(
    "simulate-stored",
    "FIRMWARE[,CONFIG,CARRIER]",
    "store this firmware in a slot of the simulated modem too, and its carrier image; repeatable, least lately used first"
  ),
  simulateComposition: Flag.Int("simulate-composition").pipe(
    Flag.withMetavar("N"),
    Flag.withDescription("USB composition of the simulated modem: 6 QMI, 8 MBIM, 9 MBIM alone, where the model has it"),
    Flag.optional
  )
}

const deviceOpen = (mode: string, description: string) => yesNo(`device-open-${mode}`, description)

/** Of every command that talks to the control port; one of them at most. */
export const deviceOpenFlags = {
  deviceOpenAuto: deviceOpen("auto", "speak on the control port what its driver says, else try QMI and MBIM"),
  deviceOpenQmi: deviceOpen("qmi", "speak QMI on the control port, whatever its driver is"),
  deviceOpenMbim: deviceOpen("mbim", "speak MBIM on the control port, whatever its driver is"),
  deviceOpenProxy: deviceOpen("proxy", "share the control port with other programs, by qmi-proxy or mbim-proxy").pipe(
    Flag.withAlias("p")
  ),
  byAt: yesNo("by-at", "ask and hold the modem by AT, and leave its control port alone"),
  atPassword: text("at-password", "PASSWORD", "password of AT!ENTERCND, where it is not the factory's A710")
}

export const listFlags = {
  firmware: Flag.Boolean("firmware").pipe(
    Flag.withDescription("ask each modem what it runs, unless another program uses it; --no-firmware asks nothing"),
    Flag.withDefault(true)
  ),
  watch: yesNo("watch", "go on, and tell who comes and goes; asks no modem anything")
}

export const protocol = Flag.Literals("protocol", ["auto", "qdl", "sahara"]).pipe(
  Flag.withDescription("what the boot loader speaks; auto: by family and USB ids, else by listening"),
  Flag.optional
)

export const ignoreVersionErrors = yesNo("ignore-version-errors", "go on where versions contradict each other")

/** What the images shall be taken for. */
export const versionFlags = {
  firmwareVersion: text(
    "firmware-version",
    "VERSION",
    "firmware version, e.g. 02.33.03.00, where the images do not tell it"
  ).pipe(Flag.withAlias("f")),
  configVersion: text("config-version", "VERSION", "config (PRI) version, e.g. 002.072_000").pipe(Flag.withAlias("c")),
  carrier: text("carrier", "NAME", "carrier, with the very capitals of the carrier image").pipe(Flag.withAlias("C")),
  ignoreVersionErrors
}

export const overrideDownload = yesNo("override-download", "send the images also where the modem has them already")

export const modemStorageIndex = Flag.Int("modem-storage-index").pipe(
  Flag.withMetavar("N"),
  Flag.withDescription("slot of the modem for the system image, 1 and up"),
  Flag.optional
)

export const skipValidation = yesNo("skip-validation", "do not ask the modem afterwards what it runs")

export const rollbackOnFailure = Flag.Boolean("rollback-on-failure").pipe(
  Flag.withDescription(
    "where the run fails, have the modem run its old firmware again with its old preference; --no-rollback-on-failure leaves it"
  ),
  Flag.withDefault(true)
)

export const ignoreModemManager = yesNo(
  "ignore-modem-manager",
  "do not ask ModemManager to leave the modem alone, and go on whatever it does"
)

export const ignoreRuntimeCheck = yesNo(
  "ignore-mm-runtime-check",
  "the same, by the name that qmi-firmware-update has for it"
)

export const ignoreDoctor = yesNo("ignore-doctor", "go on where doctor finds an error")

export const yes = yesNo("yes", "do not ask before writing").pipe(Flag.withAlias("y"))

export const stateDir = text(
  "state-dir",
  "DIR",
  "folder where runs are recorded and modems reserved; simulated modems only with it"
)
