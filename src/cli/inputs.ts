/** What the command line says, as plain data: the commands take this and nothing of the parser. */
import type { Selector } from "../device/Modem.ts"
import type { DownloadProtocol } from "../device/download-protocol.ts"
import type { TransportChoice } from "../live/Transport.ts"
import type { DeviceOpenMode } from "../update/DeviceOpen.ts"

export interface Simulation {
  readonly model: string
  /** How many times faster than a real modem. */
  readonly speed: number
  readonly mode: "application" | "boot-and-hold"
  readonly behaviours: ReadonlyArray<string>
  /** Stored besides what runs: `FIRMWARE`, or `FIRMWARE,CONFIG,CARRIER`. */
  readonly stored?: ReadonlyArray<string>
  /** Swi composition number; the model's factory setting where absent. */
  readonly composition?: number
}

/** Which modem: for every command that talks to one. */
export interface ModemInput {
  readonly json: boolean
  readonly selector: Selector
  readonly simulation: Simulation | undefined
  /** What `--device-open-…` says; where absent, the port's driver tells. */
  readonly deviceOpen?: DeviceOpenMode
  /** The control port is shared: opened by `qmi-proxy` or `mbim-proxy`. */
  readonly proxy?: true
  /** By AT instead of the control port. */
  readonly byAt?: true
  /** Of `AT!ENTERCND`; the factory's where absent. */
  readonly atPassword?: string
  /** What `--transport` says. */
  readonly transport?: TransportChoice
  /** What `--protocol` says, of commands that send images. */
  readonly protocol?: "auto" | DownloadProtocol
}

export interface ImagesInput {
  readonly files: ReadonlyArray<string>
  readonly firmwareVersion: string | undefined
  readonly configVersion: string | undefined
  readonly carrier: string | undefined
  readonly ignoreVersionErrors: boolean
}

export interface FlowInput {
  readonly overrideDownload: boolean
  readonly modemStorageIndex: number | undefined
  readonly skipValidation: boolean
  /** Taken back where it fails, unless this says no. */
  readonly rollbackOnFailure?: false
}

export interface PlanInput extends ModemInput, ImagesInput, FlowInput {}

/** Of the commands that record runs, or tell them. */
export interface StateInput {
  /** Folder for journals and locks; the system's own place for such things where absent. */
  readonly stateDir?: string
}

/** Of the commands that write to a modem. */
export interface WriteInput extends StateInput {
  readonly yes: boolean
  readonly ignoreModemManager: boolean
  /** Doctor's errors are warnings. */
  readonly ignoreDoctor: boolean
}

export interface UpdateInput extends PlanInput, WriteInput {}

/** Of `images select` and `images delete`: firmware, carrier and config, as far as they are given. */
export interface StoredInput extends ModemInput, WriteInput {
  readonly words: ReadonlyArray<string>
}
