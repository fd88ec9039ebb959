/** What a modem family is to an updater: data only. Behaviour differs by data, never by an `if` on a name. */
import type * as Duration from "effect/Duration"
import type { DownloadProtocol } from "../download-protocol.ts"

/**
 * How a family is told which firmware to run. `preference`: it stores firmware preferences, and goes into
 * boot-and-hold by itself when the preferred images are missing (qmi.md §6.4). `boot-and-hold`: it has no
 * preference; it must be sent into boot-and-hold and runs what it is given (flows.md §4.5).
 */
export type UpdateWay = "preference" | "boot-and-hold"

/** A way into boot-and-hold, in the order to try (flows.md §3.3). */
export type BootEntry = "set-firmware-id" | "boot-image-download-mode" | "at-boothold"

export interface UsbIdentity {
  readonly label: string
  readonly vendorId: number
  readonly productId: number
  /** Product ids in boot-and-hold: the same as `productId` on 68a2 and 68c0 (devices.md, rule 2); empty where unknown. */
  readonly bootProductIds: ReadonlyArray<number>
}

/** The longest each wait may take. All are ends of patience, not sleeps: the event ends the wait. */
export interface FamilyDeadlines {
  /** From leaving application mode to a usable download port (failures.md §11: 120 s upstream, too short for some). */
  readonly downloadPort: Duration.Duration
  /** From the reset to a control port that answers; includes flashing work at boot (failures.md §11: up to 320 s in scripts). */
  readonly boot: Duration.Duration
  /** One chunk's acknowledgement; the last one programs flash (qdl.md §3.5: "more than one minute"). */
  readonly chunk: Duration.Duration
  /** Modem answering, but not yet in the wanted state (operating mode, preference). */
  readonly settle: Duration.Duration
}

export interface Family<out Way extends UpdateWay = UpdateWay> {
  /** The field's name, e.g. `SWI9X30`. */
  readonly id: string
  readonly models: ReadonlyArray<string>
  /** Firmware tokens in file names, headers and revisions, e.g. `SWI9X30C`; compared without case. */
  readonly firmwareTokens: ReadonlyArray<string>
  /** CWE product codes, compared without case (images.md §2.5: case varies inside one file). */
  readonly products: ReadonlyArray<string>
  readonly way: Way
  /** Whether a carrier image (PRI) belongs to an update. */
  readonly needsCarrier: boolean
  /** What its boot loader speaks. */
  readonly downloadProtocol: DownloadProtocol
  readonly qdl: {
    /** Hello version of the boot loader (qdl.md §3.2). */
    readonly version: number
    /** Whether an Error answer to Hello may be ignored (qdl.md §3.2, vendor tool on 9x30). */
    readonly toleratesHelloError: boolean
    /** How often an image is sent at most, from Hello on, after failures that may pass; 3 unless told, 1: once. */
    readonly tries?: number
  }
  readonly bootEntry: ReadonlyArray<BootEntry>
  /** From the device table (`device/table/devices.json`). */
  readonly usb: ReadonlyArray<UsbIdentity>
  readonly deadlines: FamilyDeadlines
}

/** `true` when the family has firmware preferences, seen by the compiler too. */
export const hasPreference = (family: Family): family is Family<"preference"> => family.way === "preference"
