/** A modem whose running firmware is in none of its slots (at.md §4.4: slot 255). */
import type { ModemSetup } from "../../src/sim/index.ts"

export const withLostFirmware = (setup: ModemSetup): ModemSetup => {
  const { running, slots } = setup.state
  const [first] = slots
  if (first === undefined) throw new Error("a modem without slots")
  const state = {
    ...setup.state,
    outside: { ...first, slot: 255 },
    slots: slots.map((slot) =>
      slot === first ? { ...slot, status: "EMPTY" as const, firmware: "", build: "", lru: 0 } : slot
    ),
    running: { ...running, slot: 255 }
  }
  return { ...setup, state }
}
