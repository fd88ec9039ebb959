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

export const files = (description: string) =>
  Param.makeSingle({ kind: Param.argumentKind, name: "FILE", primitiveType: typedPath }).pipe(
    (argument) => argument as Argument.Argument<string>,
    Argument.withDescription(description),
    Argument.variadic({ min: 1 })
  )

export const Json = GlobalFlag.Setting("json")({
  flag: Flag.Boolean("json").pipe(
    Flag.withDescription("print JSON instead of text, also for errors"),
    Flag.withDefault(false)
  )
})

/** Options of every command that talks to a modem. */
export const modemFlags = {
  vidPid: Flag.String("vid-pid").pipe(
    Flag.withAlias("d"),
    Flag.withMetavar("VID[:PID]"),
    Flag.withDescription("take the modem with these USB ids, in hex"),
    Flag.optional
  ),
  busnumDevnum: Flag.String("busnum-devnum").pipe(
    Flag.withAlias("s"),
    Flag.withMetavar("[BUS:]DEV"),
    Flag.withDescription("take the modem with these numbers of bus and device, in decimal"),
    Flag.optional
  ),
  cdcWdm: Flag.String("cdc-wdm").pipe(
    Flag.withAlias("w"),
    Flag.withMetavar("PATH"),
    Flag.withDescription("take the modem with this control port, e.g. /dev/cdc-wdm0"),
    Flag.optional
  ),
  tty: Flag.String("tty").pipe(
    Flag.withAlias("t"),
    Flag.withMetavar("PATH"),
    Flag.withDescription("take the modem with this serial port, e.g. /dev/ttyUSB2"),
    Flag.optional
  ),
  usbPath: Flag.String("usb-path").pipe(
    Flag.withMetavar("PATH"),
    Flag.withDescription("take the modem at this USB port, e.g. 1-2"),
    Flag.optional
  ),
  serial: Flag.String("serial").pipe(
    Flag.withMetavar("SERIAL"),
    Flag.withDescription("take the modem with this USB serial number"),
    Flag.optional
  ),
  simulate: Flag.String("simulate").pipe(
    Flag.withMetavar("MODEL"),
    Flag.withDescription("work on a simulated modem: mc7710, mc7354, mc7455, em7455 or em7455-lenovo"),
    Flag.optional
  ),
  simulateSpeed: Flag.Finite("simulate-speed").pipe(
    Flag.withMetavar("FACTOR"),
    Flag.withDescription("let the simulated modem be that many times faster than a real one"),
    Flag.withDefault(1)
  ),
  simulateMode: Flag.Literals("simulate-mode", ["application", "boot-and-hold"]).pipe(
    Flag.withDescription("the mode in which the simulated modem begins"),
    Flag.withDefault("application" as const)
  ),
  simulateBehaviour: Flag.String("simulate-behaviour").pipe(
    Flag.withMetavar("NAME[:KEY=VALUE,…]"),
    Flag.withDescription(
      "give the simulated modem a fault or quirk, e.g. disconnectInChunk:image=0,chunk=1; repeatable"
    ),
    Flag.atLeast(0)
  ),
  simulateComposition: Flag.Int("simulate-composition").pipe(
    Flag.withMetavar("N"),
    Flag.withDescription("USB composition of the simulated modem: 6 QMI, 8 MBIM, 9 MBIM alone, where the model has it"),
    Flag.optional
  )
}

const deviceOpen = (mode: string, description: string) =>
  Flag.Boolean(`device-open-${mode}`).pipe(Flag.withDescription(description), Flag.withDefault(false))

/** Of every command that talks to the control port; one of them at most. */
export const deviceOpenFlags = {
  deviceOpenAuto: deviceOpen("auto", "speak on the control port what its driver says, else try QMI and MBIM"),
  deviceOpenQmi: deviceOpen("qmi", "speak QMI on the control port, whatever its driver is"),
  deviceOpenMbim: deviceOpen("mbim", "speak MBIM on the control port, whatever its driver is"),
  deviceOpenProxy: deviceOpen("proxy", "share the control port with other programs, by qmi-proxy or mbim-proxy").pipe(
    Flag.withAlias("p")
  )
}

export const ignoreVersionErrors = Flag.Boolean("ignore-version-errors").pipe(
  Flag.withDescription("go on where versions contradict each other"),
  Flag.withDefault(false)
)

/** What the images shall be taken for. */
export const versionFlags = {
  firmwareVersion: Flag.String("firmware-version").pipe(
    Flag.withAlias("f"),
    Flag.withMetavar("VERSION"),
    Flag.withDescription("firmware version, e.g. 02.33.03.00, where the images do not tell it"),
    Flag.optional
  ),
  configVersion: Flag.String("config-version").pipe(
    Flag.withAlias("c"),
    Flag.withMetavar("VERSION"),
    Flag.withDescription("config (PRI) version, e.g. 002.072_000"),
    Flag.optional
  ),
  carrier: Flag.String("carrier").pipe(
    Flag.withAlias("C"),
    Flag.withMetavar("NAME"),
    Flag.withDescription("carrier, with the very capitals of the carrier image"),
    Flag.optional
  ),
  ignoreVersionErrors
}

export const overrideDownload = Flag.Boolean("override-download").pipe(
  Flag.withDescription("send the images also where the modem has them already"),
  Flag.withDefault(false)
)

export const modemStorageIndex = Flag.Int("modem-storage-index").pipe(
  Flag.withMetavar("N"),
  Flag.withDescription("slot of the modem for the system image, 1 and up"),
  Flag.optional
)

export const skipValidation = Flag.Boolean("skip-validation").pipe(
  Flag.withDescription("do not ask the modem afterwards what it runs"),
  Flag.withDefault(false)
)

export const ignoreModemManager = Flag.Boolean("ignore-mm-runtime-check").pipe(
  Flag.withDescription("go on where ModemManager runs: it talks to the same ports"),
  Flag.withDefault(false)
)

export const yes = Flag.Boolean("yes").pipe(
  Flag.withAlias("y"),
  Flag.withDescription("do not ask before writing"),
  Flag.withDefault(false)
)
