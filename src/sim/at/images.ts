/** AT commands about images, preference and low power (at.md §4, §5.1). */
import { writeImagePreference } from "../../protocol/at/replies/image-preference.ts"
import type { Mismatch as PrintedMismatch } from "../../protocol/at/replies/image-preference.ts"
import { writePackageId } from "../../protocol/at/replies/package-id.ts"
import { writePowerInfo } from "../../protocol/at/replies/power-info.ts"
import { writePriId } from "../../protocol/at/replies/pri-id.ts"
import { writeStoredImages } from "../../protocol/at/replies/stored-images.ts"
import type { Model } from "../models/Model.ts"
import { anyFirmware, autoSim, OperatingMode } from "../ModemState.ts"
import type { Mismatch, ModemState, Preference } from "../ModemState.ts"
import { emptySlot, goodSlot, mismatches } from "../storage.ts"
import { splitArguments } from "./command.ts"
import type { AtHandler, AtOutcome } from "./command.ts"

const printed: { readonly [M in Mismatch]: PrintedMismatch } = {
  "fw version": "firmware",
  "carrier name": "carrier",
  "config name": "config"
}

/** `<CARRIER>_<config>`; empty when there is no PRI at all (at.md §4.1). */
const configName = ({ carrier, config }: Pick<Preference, "carrier" | "config">): string =>
  carrier === "" ? "" : `${carrier}_${config}`

const showPreference = (command: "IMPREF" | "GOBIIMPREF", model: Model, state: ModemState): AtOutcome => {
  const { running } = state
  const preference = state.preference ?? { firmware: running.firmware, carrier: "", config: "" }
  const from = model.at.subpriFrom
  // Versions have fixed width: comparing as text is comparing as numbers.
  const subpri = from !== undefined && running.firmware >= from ? { subpri: "000" } : {}
  const group = (ids: Preference) => ({
    firmware: ids.firmware,
    carrier: ids.carrier,
    config: configName(ids),
    ...subpri
  })
  return writeImagePreference({
    command,
    preferred: group(preference),
    current: group(running),
    mismatches: mismatches(state).map((what) => printed[what])
  })
}

const setPreference = (argument: string, state: ModemState): AtOutcome => {
  const [first = "", carrier, config] = splitArguments(argument) ?? []
  if (!argument.startsWith('"') || first === "") return "ERROR"
  if (first === autoSim) {
    const preference = { firmware: anyFirmware, carrier: autoSim, config: "000.000_000" }
    return { state: { ...state, preference, switchPending: false } }
  }
  if (carrier === undefined || config === undefined) {
    // A stored PRI of that carrier whose firmware is stored too, the newest first; case counts.
    const pri = state.pris.findLast((one) => one.carrier === first && goodSlot(state, one.firmware) !== undefined)
    if (pri === undefined) return "ERROR"
    const preference = { firmware: pri.firmware, carrier: pri.carrier, config: pri.config }
    return { state: { ...state, preference, switchPending: true } }
  }
  const prefix = `${carrier}_`
  // "bad parameter" (at.md §1): a name of more than 64 characters or a config that is no `<CARRIER>_NNN.NNN_NNN`.
  if (!/^\d{2}(\.\d{2}){3}$/.test(first) || !/^[\x20-\x7e]{1,64}$/.test(carrier)) return "ERROR"
  if (!config.startsWith(prefix) || !/^\d{3}\.\d{3}_\d{3}$/.test(config.slice(prefix.length))) return "ERROR"
  const preference = { firmware: first, carrier, config: config.slice(prefix.length) }
  // The same as Set Firmware Preference of QMI (inferred): the next boot waits for what is missing.
  return { state: { ...state, preference, switchPending: true } }
}

const preference =
  (command: "IMPREF" | "GOBIIMPREF"): AtHandler =>
  ({ argument, form }, state, { model }) =>
    form === "query" ? showPreference(command, model, state) : form === "set" ? setPreference(argument, state) : "ERROR"

const showImages = (model: Model, state: ModemState): AtOutcome =>
  writeStoredImages({
    rows: [
      ...state.slots.map((slot) => ({
        type: "FW" as const,
        slot: slot.slot,
        status: slot.status,
        lru: slot.lru,
        programmingFailures: slot.failures.programming,
        switchingFailures: slot.failures.switching,
        uniqueId: slot.status === "GOOD" ? "?_?" : "",
        buildId: slot.status === "GOOD" ? `${slot.firmware}_?` : ""
      })),
      ...state.pris.map((pri) => ({
        type: "PRI" as const,
        status: "GOOD",
        lru: 0,
        programmingFailures: 0,
        switchingFailures: 0,
        uniqueId: pri.config,
        buildId: `${pri.firmware}_${pri.carrier}`
      }))
    ],
    maxFirmware: model.firmwareSlots,
    activeSlot: state.running.slot,
    maxConfig: model.priSlots
  })

const imageHelp = [
  'AT!IMAGE=<op>[,<type>[,<slot>[,"<build_id>","<unique_id>"]]]',
  "op   - 0:delete 1:list 2:get max num images",
  "type - 0:FW 1:CONFIG",
  "slot - FW slot index - none implies all slots",
  "AT!IMAGE?[<op>[,<type>]]"
]

/** Deletes; what runs stays (at.md §4.4). */
const deleteImages = (argument: string, state: ModemState): AtOutcome => {
  const [op, type, slot, buildId, uniqueId] = splitArguments(argument) ?? []
  if (op !== "0" || (type !== undefined && type !== "0" && type !== "1")) return "ERROR"
  const { running } = state
  const slots = state.slots.map((one) =>
    type === "1" || one.slot === running.slot || (slot !== undefined && String(one.slot) !== slot)
      ? one
      : emptySlot(one.slot)
  )
  const pris = state.pris.filter(
    (pri) =>
      type === "0" ||
      (pri.firmware === running.firmware && pri.carrier === running.carrier && pri.config === running.config) ||
      (buildId !== undefined && `${pri.firmware}_${pri.carrier}` !== buildId) ||
      (uniqueId !== undefined && pri.config !== uniqueId)
  )
  return { state: { ...state, slots, pris } }
}

const images: AtHandler = ({ argument, form }, state, { model }) => {
  switch (form) {
    case "query":
      return showImages(model, state)
    case "test":
      return { lines: imageHelp }
    case "set":
      return state.settings.unlocked ? deleteImages(argument, state) : "ERROR"
    case "run":
      return "ERROR"
  }
}

const priId: AtHandler = ({ form }, state, { model }) => {
  if (form !== "query") return "ERROR"
  const { customer, part, revision } = model.priId
  return writePriId({
    partNumber: part,
    revision,
    customer,
    carrierPris: state.pris.map((pri) => {
      const [priRevision = "", index = ""] = pri.config.split("_")
      return writePackageId({
        sku: "9999999",
        part: "9999999",
        image: `${model.token}_${pri.firmware}`,
        reserved: "00",
        carrier: pri.carrier,
        revision: priRevision,
        index
      })
    })
  })
}

/** Three more voters from this version on (at.md §5.1). */
const moreVotersFrom = "02.24.00.00"

const powerInfo: AtHandler = ({ form }, state, { model }) => {
  if (form !== "query") return "ERROR"
  const images = mismatches(state).length > 0
  const online = state.operatingMode === OperatingMode.online
  const offline = state.operatingMode === OperatingMode.offline
  const voter = (name: string, on = false) => ({ name, value: on ? 1 : 0 })
  const user = voter("User", !online && !offline && !images)
  if (model.at.lowPowerVoters === "force-flags") {
    const flags = [voter("W_DISABLE"), user, voter("Temp"), voter("Volt"), voter("BIOS"), voter("GOBIIM", images)]
    return writePowerInfo({
      form: "force flags",
      state: online ? "Online" : offline ? "Offline" : "LowPowerMode",
      voterLines: [flags],
      wDisable: "0",
      powerOffMode: "0",
      persistence: online ? "0" : "1"
    })
  }
  const voters = [
    voter("Temp"),
    voter("Volt"),
    user,
    voter("W_DISABLE"),
    voter("IMSWITCH", images),
    voter("BIOS"),
    ...(state.running.firmware >= moreVotersFrom ? [voter("LWM2M"), voter("OMADM"), voter("FOTA")] : [])
  ]
  return writePowerInfo({
    form: "voters",
    state: online ? "Online" : offline ? "Offline" : "Low Power Mode",
    voterLines: [voters],
    persistence: "None"
  })
}

/** Known by name to families that list them ({@link Model.at}). */
export const imageCommands: ReadonlyMap<string, AtHandler> = new Map<string, AtHandler>([
  ["!IMPREF", preference("IMPREF")],
  ["!GOBIIMPREF", preference("GOBIIMPREF")],
  ["!IMAGE", images],
  ["!PRIID", priId],
  ["!PCINFO", powerInfo]
])
