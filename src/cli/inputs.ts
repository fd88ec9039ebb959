/** What the command line says, as plain data: the commands take this and nothing of the parser. */
import type { Selector } from "../device/Modem.ts"

export interface Simulation {
  readonly model: string
  /** How many times faster than a real modem. */
  readonly speed: number
  readonly mode: "application" | "boot-and-hold"
  readonly behaviours: ReadonlyArray<string>
}

/** Which modem: for every command that talks to one. */
export interface ModemInput {
  readonly json: boolean
  readonly selector: Selector
  readonly simulation: Simulation | undefined
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
}

export interface PlanInput extends ModemInput, ImagesInput, FlowInput {}

/** Of the commands that write to a modem. */
export interface WriteInput {
  readonly yes: boolean
  readonly ignoreModemManager: boolean
}

export interface UpdateInput extends PlanInput, WriteInput {}
