/** What the user typed, once more: for the command that a failed run advises. */
import type { AdvisedCommand, CommandWords } from "../update/advice.ts"
import type { FlowInput, ImagesInput, ModemInput } from "./inputs.ts"

const option = (name: string, value: string | number | undefined): ReadonlyArray<string> =>
  value === undefined ? [] : [name, String(value)]

const when = (given: boolean | undefined, name: string): ReadonlyArray<string> => (given === true ? [name] : [])

type Typed = ModemInput & Partial<ImagesInput> & Partial<FlowInput> & { readonly yes?: boolean }

export const wordsOf = (command: AdvisedCommand, input: Typed): CommandWords => {
  const { selector, simulation } = input
  const selection = [
    ...option("--vid-pid", selector.vidPid),
    ...option("--usb-path", selector.usbPath),
    ...option("--serial", selector.serial),
    ...option("--simulate", simulation?.model),
    ...option("--simulate-speed", simulation === undefined || simulation.speed === 1 ? undefined : simulation.speed),
    ...when(input.json, "--json")
  ]
  const versions = [
    ...option("--firmware-version", input.firmwareVersion),
    ...option("--config-version", input.configVersion),
    ...option("--carrier", input.carrier)
  ]
  const shared = [
    ...when(input.ignoreVersionErrors, "--ignore-version-errors"),
    ...when(input.skipValidation, "--skip-validation"),
    ...when(input.yes, "--yes")
  ]
  // A simulated modem begins anew with every command: one that was left in boot-and-hold has to begin there.
  const held = (mode: AdvisedCommand): boolean => mode === "download" && simulation !== undefined
  return {
    images: input.files ?? [],
    selection,
    command,
    options: (advised) => [
      ...(held(advised) ? ["--simulate-mode", "boot-and-hold"] : []),
      ...(advised === "update"
        ? [
            ...versions,
            ...when(input.overrideDownload, "--override-download"),
            ...option("--modem-storage-index", input.modemStorageIndex),
            ...shared
          ]
        : []),
      ...(advised === "download" ? [...option("--firmware-version", input.firmwareVersion), ...shared] : []),
      ...(advised === "reset" ? when(input.yes, "--yes") : [])
    ]
  }
}
