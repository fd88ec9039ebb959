/** One modem model as data: what the simulator needs to know to be that modem. */
import type { PortRole } from "../../device/UsbBus.ts"
import type { Timing } from "../timing.ts"

export interface ModelPort {
  readonly role: PortRole
  readonly interfaceNumber: number
  readonly driver: "qmi_wwan" | "cdc_mbim" | "qcserial"
  /** wMaxControlMessage of an MBIM function: the most bytes of one control transfer. */
  readonly maxControlMessage?: number
}

/** What a modem shows on USB by its Swi composition number (qmi.md §8). */
export interface Composition {
  readonly number: number
  readonly ports: ReadonlyArray<ModelPort>
  /** Interfaces without a port of their own: the data side of MBIM. */
  readonly otherInterfaces?: number
  /** In application mode, where it is another one than the model's. */
  readonly productId?: number
}

/** QMI control channel limits. */
export interface QmiFacts {
  /** Services that a client can allocate, with the versions that Get Version Info reports. */
  readonly services: ReadonlyArray<{ readonly service: number; readonly major: number; readonly minor: number }>
  /** DMS message ids that exist; every other one is "not supported" (qmi.md §9: 71, 94 or 25). */
  readonly dms: ReadonlySet<number>
  /** Clients per service before ClientIdsExhausted; the number is inferred. */
  readonly clientsPerService: number
}

/** Names of the commands that exist besides the basic ones, in the spelling of at.md §6. */
export type AtCommandName =
  | "!BOOTHOLD"
  | "!IMPREF"
  | "!GOBIIMPREF"
  | "!IMAGE"
  | "!PRIID"
  | "!PACKAGE"
  | "!PCINFO"
  | "!GSTATUS"
  | "!USBCOMP"
  | "!USBVID"
  | "!USBPID"
  | "!PCOFFEN"
  | "!SELRAT"
  | "!BAND"
  | "!CUSTOM"
  | "!UDUSBCOMP"
  | "!UDPID"

export interface AtFacts {
  readonly commands: ReadonlySet<AtCommandName>
  /** 9x15 names the image voter GOBIIM, 9x30 IMSWITCH; 9200 has no such command documented (at.md §5.1, §6). */
  readonly lowPowerVoters: "force-flags" | "voters" | "none"
  /** `AT!IMPREF?` has lines for the sub-PRI index from this version on (at.md §4.1); absent: never. */
  readonly subpriFrom?: string
  /**
   * `AT!BOOTHOLD` is refused until the unlock from this firmware on; absent: never. That newer 9x30 firmware does so is
   * reported (at.md §3.2), from which version on is not: the number is inferred.
   */
  readonly bootHoldLockedFrom?: string
  /** Columns of masks of `AT!BAND?` once it is unlocked, and the masks of all bands; absent where only names are known. */
  readonly bands?: ReadonlyArray<{ readonly column: string; readonly all: string }>
  /** Lines of `ATI` behind `Revision:` (at.md §2.1). */
  readonly identity: "9200" | "9x15" | "9x30"
}

/** How the boot loader behaves (qdl.md §3, §5). */
export interface QdlFacts {
  /** Whether it waits in DLOAD for 0x70 (answers ack 02) or is in SDP from the start (Error 0x16): both are real. */
  readonly starts: "dload" | "sdp"
  /** Hello version that it accepts (qdl.md §3.2). */
  readonly version: number
  /** CWE product code that it takes, compared without case (images.md §2.5). */
  readonly product: string
}

export interface Model {
  /** As in `Model:` of ATI, e.g. `EM7455`. */
  readonly name: string
  /** `SWI9200`, `SWI9X15`, `SWI9X30`. */
  readonly family: string
  /** Prefix of revisions and image names, e.g. `SWI9X30C`. */
  readonly token: string
  readonly vendorId: number
  readonly productId: number
  readonly bootProductId: number
  readonly product: string
  /** Ports per Swi composition number (qmi.md §8); the first is the factory setting. */
  readonly compositions: ReadonlyArray<Composition>
  /** Firmware slots; 1 and no preference on 9200 (devices.md §1). */
  readonly firmwareSlots: number
  /** Carrier images that fit; 0 = the modem has no preference. */
  readonly priSlots: number
  readonly hardwareRevision: string
  readonly qmi: QmiFacts
  readonly at: AtFacts
  readonly qdl: QdlFacts
  readonly timing: Timing
  /** What runs from the factory, unless an option says otherwise. */
  readonly factory: { readonly firmware: string; readonly config: string; readonly carrier: string }
  /** What `ATI` shows behind the version, from its first character on: ` r7040 …`, `ap r5475 …` (at.md §2.1). */
  readonly builds: Readonly<Record<string, string>>
  /** Factory PRI of `AT!PRIID?` (at.md §4.5). */
  readonly priId: { readonly part: string; readonly revision: string; readonly customer: string }
}

export const hasPreference = (model: Model): boolean => model.priSlots > 0

/** Text of `Revision:` and of DMS Get Revision (at.md §2.1). */
export const revisionText = (model: Model, running: { readonly firmware: string; readonly build: string }): string =>
  `${model.token}_${running.firmware}${running.build}`

/** Build text of a version: the known one, else `fallback`. */
export const buildOf = (model: Model, firmware: string, fallback: string): string => model.builds[firmware] ?? fallback
