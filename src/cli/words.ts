/** What the user typed, once more: for the command that a failed run advises. */
import type { AdvisedCommand, CommandWords } from "../update/advice.ts"
import type { Condition } from "../update/condition.ts"
import type { Modem } from "../device/Modem.ts"
import type { UpdatePlan } from "../update/Update.ts"
import type { FlowInput, ImagesInput, ModemInput, StoredInput, WriteInput } from "./inputs.ts"

const option = (name: string, value: string | number | undefined): ReadonlyArray<string> =>
  value === undefined ? [] : [name, String(value)]

const when = (given: boolean | undefined, name: string): ReadonlyArray<string> => (given === true ? [name] : [])

type Typed = ModemInput &
  Partial<ImagesInput> &
  Partial<FlowInput> &
  Partial<WriteInput> &
  Partial<Pick<StoredInput, "words">>

/** Conditions in which it waits in boot-and-hold, or may. */
const inHold: ReadonlySet<Condition["_tag"]> = new Set(["BootAndHold", "HalfWritten", "WrittenNotReset", "LeftBus"])

/** What was found out in planning: a modem that is asked by AT has to be asked so by the next command, too. */
export const asPlanned = <T extends ModemInput>(input: T, { facts }: Pick<UpdatePlan, "facts">): T =>
  facts?.byAt === undefined ? input : { ...input, byAt: true }

/**
 * The words for `modem`: it is named by its place, whatever it was named by. Its ids, numbers and nodes are others
 * after a restart, and its serial is not told by every boot loader.
 */
export const wordsOf = (command: AdvisedCommand, input: Typed, modem: Modem): CommandWords => {
  const { selector, simulation } = input
  const named = simulation === undefined || Object.keys(selector).length > 0
  const selection = [
    ...option("--usb-path", named ? modem.identity.portPath : undefined),
    ...option("--transport", input.transport),
    ...option("--simulate", simulation?.model),
    ...option("--simulate-speed", simulation === undefined || simulation.speed === 1 ? undefined : simulation.speed),
    ...(simulation?.stored ?? []).flatMap((stored) => option("--simulate-stored", stored)),
    ...option("--simulate-composition", simulation?.composition),
    ...when(input.json, "--json")
  ]
  // `list` opens ports as their drivers say, and takes no such option.
  const opening = (advised: AdvisedCommand): ReadonlyArray<string> =>
    advised === "list"
      ? []
      : [
          ...(input.deviceOpen === undefined ? [] : [`--device-open-${input.deviceOpen}`]),
          ...when(input.proxy, "--device-open-proxy"),
          ...when(input.byAt, "--by-at"),
          ...option("--at-password", input.atPassword)
        ]
  const versions = [
    ...option("--firmware-version", input.firmwareVersion),
    ...option("--config-version", input.configVersion),
    ...option("--carrier", input.carrier)
  ]
  const shared = [
    ...option("--protocol", input.protocol),
    ...when(input.ignoreVersionErrors, "--ignore-version-errors"),
    ...when(input.ignoreModemManager, "--ignore-modem-manager"),
    ...when(input.ignoreDoctor, "--ignore-doctor"),
    ...option("--state-dir", input.stateDir),
    ...when(input.yes, "--yes")
  ]
  const unvalidated = when(input.skipValidation, "--skip-validation")
  // A simulated modem begins anew with every command: one that was left in boot-and-hold has to begin there.
  const held = (mode: AdvisedCommand, { _tag }: Condition): boolean =>
    simulation !== undefined && (mode === "download" || (mode === "recover" && inHold.has(_tag)))
  return {
    images: input.files ?? [],
    selection,
    command,
    options: (advised, condition) => [
      ...opening(advised),
      ...(held(advised, condition) ? ["--simulate-mode", "boot-and-hold"] : []),
      ...(advised === "update"
        ? [
            ...versions,
            ...when(input.overrideDownload, "--override-download"),
            ...option("--modem-storage-index", input.modemStorageIndex),
            ...when(input.rollbackOnFailure === false, "--no-rollback-on-failure"),
            ...unvalidated,
            ...shared
          ]
        : []),
      ...(advised === "recover" ? [...versions, ...shared] : []),
      ...(advised === "download"
        ? [...option("--firmware-version", input.firmwareVersion), ...unvalidated, ...shared]
        : []),
      ...(advised === "reset" || advised === "images select" || advised === "images delete"
        ? [
            ...when(input.ignoreModemManager, "--ignore-modem-manager"),
            ...when(input.ignoreDoctor, "--ignore-doctor"),
            ...option("--state-dir", input.stateDir),
            ...when(input.yes, "--yes"),
            ...(input.words ?? [])
          ]
        : [])
    ]
  }
}
