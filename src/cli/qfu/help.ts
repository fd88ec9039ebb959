/** What `-h`, `-H` and `-V` print. */
import { groups } from "./options.ts"
import type { QfuOption } from "./options.ts"

const names = ({ long, short, value }: QfuOption): string =>
  `${short === undefined ? "    " : `-${short[0]}, `}--${long[0]}${value === undefined ? "" : ` ${value}`}`

export const helpText = (program: string): string => {
  const sections = Object.entries(groups).map(([title, group]) => {
    const options: ReadonlyArray<QfuOption> = Object.values(group)
    return [`${title}:`, ...options.map((option) => `  ${names(option).padEnd(36)}${option.help}`)].join("\n")
  })
  return [
    `Takes the command lines of qmi-firmware-update, and does the same in boothold's way; nothing is asked.`,
    `Usage: ${program} [OPTION…] [FILE…]`,
    ...sections,
    "Exit status: 0 where it was done, 1 where it was not."
  ].join("\n\n")
}

interface Example {
  readonly about: string
  readonly lines: ReadonlyArray<string>
}

const examples: ReadonlyArray<Example> = [
  {
    about: "An MC7455 or EM7455, system and carrier in two files; also an MC7354 and its kin with their files",
    lines: ["--update -d 1199:9071 SWI9X30C_02.33.03.00.cwe SWI9X30C_02.33.03.00_GENERIC_002.072_000.nvu"]
  },
  {
    about: "The same in one file, for the modem behind this control port",
    lines: ["-u -w /dev/cdc-wdm0 9999999_9902674_SWI9X15C_05.05.58.00_00_GENEU-4G_005.026_000-field.spk"]
  },
  {
    about: "An MC7700 or MC7710, which knows neither carrier nor config version",
    lines: ["-u -d 1199:68a2 9999999_9999999_9200_03.05.29.03_00_generic_000.000_001_SPKG_MC.cwe"]
  },
  {
    about: "In two steps: into boot-and-hold, then the images to the port that appears there",
    lines: ["--reset -w /dev/cdc-wdm0", "--update-download -t /dev/ttyUSB0 SYSTEM.cwe CARRIER.nvu"]
  },
  { about: "Look at images, with everything there is to know of them", lines: ["-vz *.cwe *.nvu *.spk"] },
  { about: "Keep a log of every byte", lines: ["-u -d 1199:9071 -L update.log SYSTEM.cwe CARRIER.nvu"] },
  {
    about: "Beside a ModemManager that is to be left alone",
    lines: ["-u -d 1199:9071 --ignore-mm-runtime-check SYSTEM.cwe CARRIER.nvu"]
  }
]

export const examplesText = (program: string): string =>
  examples
    .map(({ about, lines }) => [`${about}:`, ...lines.map((line) => `  ${program} ${line}`)].join("\n"))
    .join("\n\n")

export const versionText = (version: string): string =>
  `boothold ${version}, with the command line of qmi-firmware-update 1.32 to 1.38`
