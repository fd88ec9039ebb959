/**
 * The options of `qmi-firmware-update` 1.32 to 1.38 (flows.md §1), with the names that older releases had for two of
 * them. What each means to us is in `request.ts`; the words behind them are ours.
 */
export interface QfuOption {
  /** Without dashes; the first is the one that help shows. */
  readonly long: readonly [string, ...ReadonlyArray<string>]
  readonly short?: readonly [string, ...ReadonlyArray<string>]
  /** What its value is called; a switch where absent. */
  readonly value?: string
  readonly help: string
}

/** By the group that help shows them in. */
export const groups = {
  "What to do (one of them)": {
    update: { long: ["update"], short: ["u"], help: "update the modem with these images" },
    updateDownload: {
      long: ["update-download", "update-qdl"],
      short: ["U"],
      help: "send these images to a modem that waits in boot-and-hold already"
    },
    reset: { long: ["reset"], short: ["b"], help: "send the modem into boot-and-hold" },
    verify: { long: ["verify"], short: ["z"], help: "check image files; no modem is needed" }
  },
  "Which modem (one of them)": {
    busnumDevnum: {
      long: ["busnum-devnum"],
      short: ["s"],
      value: "[BUS:]DEV",
      help: "by its numbers of bus and device, in decimal"
    },
    vidPid: { long: ["vid-pid"], short: ["d"], value: "VID[:PID]", help: "by its USB ids, in hex" },
    cdcWdm: { long: ["cdc-wdm"], short: ["w"], value: "PATH", help: "by its control port, e.g. /dev/cdc-wdm0" },
    tty: {
      long: ["tty", "qdl-serial"],
      short: ["t", "q"],
      value: "PATH",
      help: "by one of its serial ports, e.g. /dev/ttyUSB2"
    }
  },
  "With --update": {
    firmwareVersion: {
      long: ["firmware-version"],
      short: ["f"],
      value: "VERSION",
      help: "firmware version of the images"
    },
    configVersion: { long: ["config-version"], short: ["c"], value: "VERSION", help: "their config (PRI) version" },
    carrier: { long: ["carrier"], short: ["C"], value: "NAME", help: "their carrier" },
    ignoreVersionErrors: { long: ["ignore-version-errors"], help: "go on where versions contradict each other" },
    overrideDownload: { long: ["override-download"], help: "send the images also where the modem has them" },
    modemStorageIndex: { long: ["modem-storage-index"], value: "N", help: "slot for the system image; 0: any" },
    skipValidation: { long: ["skip-validation"], help: "do not ask the modem afterwards what it runs" }
  },
  "How the control port is opened": {
    deviceOpenProxy: { long: ["device-open-proxy"], short: ["p"], help: "shared, by qmi-proxy or mbim-proxy" },
    deviceOpenQmi: { long: ["device-open-qmi"], help: "in QMI" },
    deviceOpenMbim: { long: ["device-open-mbim"], help: "in MBIM" },
    deviceOpenAuto: { long: ["device-open-auto"], help: "as its driver says (so also without any of these)" }
  },
  And: {
    ignoreModemManager: { long: ["ignore-mm-runtime-check"], help: "do not look whether ModemManager runs" },
    verbose: { long: ["verbose"], short: ["v"], help: "log everything to the output" },
    silent: { long: ["silent"], short: ["S"], help: "no log" },
    verboseLog: { long: ["verbose-log"], short: ["L"], value: "PATH", help: "log everything to this file" },
    version: { long: ["version"], short: ["V"], help: "show the version" },
    help: { long: ["help"], short: ["h"], help: "show this" },
    helpExamples: { long: ["help-examples"], short: ["H"], help: "show examples" }
  }
} as const satisfies { readonly [group: string]: { readonly [key: string]: QfuOption } }

type Groups = typeof groups
/** Options by the names that they have in our code. */
export type OptionKey = { [G in keyof Groups]: keyof Groups[G] }[keyof Groups]

const all = Object.values(groups).flatMap((group) => Object.entries(group) as ReadonlyArray<[OptionKey, QfuOption]>)

const named = (names: (option: QfuOption) => ReadonlyArray<string>) =>
  new Map(all.flatMap(([key, option]) => names(option).map((name) => [name, { key, option }] as const)))

export const byLong = named(({ long }) => long)
export const byShort = named(({ short }) => short ?? [])
