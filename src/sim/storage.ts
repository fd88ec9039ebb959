/** What a modem does with images and preferences: pure functions over {@link ModemState}. */
import { anyFirmware, noSlot, OfflineReason, OperatingMode } from "./ModemState.ts"
import type { FirmwareSlot, Mismatch, ModemState, Preference, ReceivedImage, StoredPri } from "./ModemState.ts"

export const emptySlot = (slot: number): FirmwareSlot => ({
  slot,
  status: "EMPTY",
  firmware: "",
  build: "",
  lru: 0,
  failures: { programming: 0, switching: 0 },
  bytes: 0
})

/** Running against preferred: compared case-sensitively (devices.md §6.1); version 00.00.00.00 means any (at.md §4.1). */
export const mismatches = (state: ModemState): ReadonlyArray<Mismatch> => {
  const { preference, running } = state
  if (preference === null) return []
  const found: Array<Mismatch> = []
  if (preference.firmware !== anyFirmware && preference.firmware !== running.firmware) found.push("fw version")
  if (preference.carrier !== running.carrier) found.push("carrier name")
  if (preference.config !== running.config || preference.carrier !== running.carrier) found.push("config name")
  return found
}

/** Offline reason bits of DMS Get Operating Mode: derived, never stored (qmi.md §6.5). */
export const offlineReason = (state: ModemState): number => {
  const found = mismatches(state)
  return (
    (found.includes("fw version") ? OfflineReason.hostImage : 0) |
    (found.includes("carrier name") || found.includes("config name") ? OfflineReason.priImage : 0)
  )
}

export const goodSlot = (state: ModemState, firmware: string): FirmwareSlot | undefined =>
  state.slots.find((slot) => slot.status === "GOOD" && slot.firmware === firmware)

export const storedPri = (state: ModemState, wanted: Preference): StoredPri | undefined =>
  state.pris.find(
    (pri) => pri.firmware === wanted.firmware && pri.carrier === wanted.carrier && pri.config === wanted.config
  )

/** Download list of Set Firmware Preference: what has to be sent for `wanted` to run (qmi.md §6.4). */
export const missingImages = (state: ModemState, wanted: Preference): ReadonlyArray<"modem" | "pri"> => [
  ...(goodSlot(state, wanted.firmware) === undefined ? (["modem"] as const) : []),
  ...(storedPri(state, wanted) === undefined ? (["pri"] as const) : [])
]

const lowestLru = (slots: ReadonlyArray<FirmwareSlot>): FirmwareSlot | undefined =>
  slots.reduce<FirmwareSlot | undefined>(
    (low, slot) => (low === undefined || slot.lru < low.lru ? slot : low),
    undefined
  )

/**
 * Where a system image of `firmware` is written. One slot: there. Otherwise an image that the preference does not name
 * goes outside of the slots (at.md §4.4: "flashed without a preference"); a named one to the slot that the host chose, to
 * the one that holds the same version, to a free one, or in place of the least recently used (at.md §4.4). That the
 * running image is evicted last is an inference; it has the highest counter anyway.
 */
export const slotFor = (state: ModemState, firmware: string): FirmwareSlot => {
  const { preference, running, slots, storageIndex } = state
  const [only] = slots
  if (slots.length === 1 && only !== undefined) return only
  const named = preference !== null && (preference.firmware === firmware || preference.firmware === anyFirmware)
  if (!named) return state.outside ?? emptySlot(noSlot)
  return (
    slots.find((slot) => storageIndex !== 0 && slot.slot === storageIndex) ??
    slots.find((slot) => slot.status !== "EMPTY" && slot.firmware === firmware) ??
    slots.find((slot) => slot.status !== "GOOD") ??
    lowestLru(slots.filter((slot) => slot.slot !== running.slot)) ??
    emptySlot(noSlot)
  )
}

const putSlot = (state: ModemState, slot: FirmwareSlot): ModemState =>
  slot.slot === noSlot
    ? { ...state, outside: slot }
    : { ...state, slots: state.slots.map((other) => (other.slot === slot.slot ? slot : other)) }

/** From the first byte written until the image is complete nothing in the slot can run. */
export const spoilSlot = (state: ModemState, target: FirmwareSlot): ModemState =>
  putSlot(state, { ...emptySlot(target.slot), status: "BAD", failures: target.failures })

/** A write that was given up counts as a programming failure (at.md §4.4). */
export const countFailure = (state: ModemState, slotNumber: number): ModemState => {
  const slot = slotNumber === noSlot ? state.outside : state.slots.find((other) => other.slot === slotNumber)
  if (slot === null || slot === undefined) return state
  const programming = Math.min(0xff, slot.failures.programming + 1)
  return putSlot(state, { ...slot, failures: { ...slot.failures, programming } })
}

/** A complete system image: good from now on, also if power fails before the reset. */
export const storeFirmware = (
  state: ModemState,
  slot: number,
  image: { readonly firmware: string; readonly build: string; readonly sha256: string; readonly bytes: number }
): ModemState => putSlot(state, { ...emptySlot(slot), status: "GOOD", ...image })

/** Replaces the stored carrier image of the same identity, or adds it; `undefined` when the list is full. */
export const storePri = (state: ModemState, pri: StoredPri, maximum: number): ModemState | undefined => {
  const others = state.pris.filter(
    (other) => other.firmware !== pri.firmware || other.carrier !== pri.carrier || other.config !== pri.config
  )
  return others.length >= maximum ? undefined : { ...state, pris: [...others, pri] }
}

/** The area that the next boot of the application runs; `undefined` when no system image is whole. */
export const imageToRun = (state: ModemState): FirmwareSlot | undefined => {
  const { outside, preference, received, running, slots } = state
  const good = slots.filter((slot) => slot.status === "GOOD")
  if (outside?.status === "GOOD" && received.some((image) => image.slot === noSlot)) return outside
  return (
    good.find((slot) => preference !== null && slot.firmware === preference.firmware) ??
    good.find((slot) => slot.slot === running.slot) ??
    (outside?.status === "GOOD" ? outside : undefined) ??
    good.reduce<FirmwareSlot | undefined>(
      (top, slot) => (top === undefined || slot.lru > top.lru ? slot : top),
      undefined
    )
  )
}

/** The carrier image that applies at boot: the preferred one; without a preference the one that just came. */
const priToApply = (state: ModemState): { readonly carrier: string; readonly config: string } | undefined => {
  const { preference, received } = state
  if (preference !== null) return storedPri(state, preference)
  return received.findLast((image: ReceivedImage) => image.pri !== undefined)?.pri
}

/**
 * A boot, decided by what is stored. It holds when it was asked to, when no system image is whole, and once after a
 * preference was set whose images are missing. Otherwise the application runs, in low power when it is not the preferred
 * one: an update that was given up (qmi.md §6.4 [FIELD]).
 */
export const boot = (state: ModemState, now: number): ModemState => {
  const image = imageToRun(state)
  const missing =
    state.switchPending &&
    state.preference !== null &&
    (state.downloadForced || missingImages(state, state.preference).length > 0)
  if (state.holdOnce || state.bootImageDownloadMode === 1 || missing || image === undefined) {
    // The request is used up by entering boot-and-hold (inferred: otherwise the modem would never leave it).
    return {
      ...state,
      mode: "boot-and-hold",
      holdOnce: false,
      bootImageDownloadMode: 0,
      switchPending: false,
      downloadForced: false
    }
  }
  const used = 1 + Math.max(0, ...state.slots.map(({ lru }) => lru))
  const ran = putSlot(state, { ...image, lru: state.slots.length > 1 ? used : 0 })
  const pri = priToApply(state)
  const { carrier, config } = pri ?? state.running
  const booted: ModemState = {
    ...ran,
    mode: "application",
    running: { firmware: image.firmware, build: image.build, slot: image.slot, carrier, config },
    switchPending: false,
    downloadForced: false,
    received: [],
    settings: { echo: true, errorReports: 0, unlocked: false },
    resetCounter: state.resetCounter + 1,
    bootedAt: now
  }
  return {
    ...booted,
    operatingMode: mismatches(booted).length > 0 ? OperatingMode.lowPower : OperatingMode.online
  }
}

/**
 * A switch to another stored firmware that fails: what ran before runs again, in low power, and the slot counts a switching
 * failure. That there are such failures is documented, by their counter (at.md §4.4); the rest is inferred.
 */
export const bootUnswitched = (state: ModemState, now: number): ModemState => {
  const { preference, running } = state
  const wanted = preference === null ? undefined : goodSlot(state, preference.firmware)
  const old = state.slots.find(({ slot, status }) => slot === running.slot && status === "GOOD")
  if (preference === null || wanted === undefined || old === undefined || wanted === old) return boot(state, now)
  if (missingImages(state, preference).length > 0) return boot(state, now)
  const booted = boot({ ...state, preference: null }, now)
  const switching = Math.min(0xff, wanted.failures.switching + 1)
  const failed = putSlot({ ...booted, preference }, { ...wanted, failures: { ...wanted.failures, switching } })
  return { ...failed, operatingMode: OperatingMode.lowPower }
}
