/** What an operating system tells that an update depends on. Absent: it could not be found out, which is no "no". */
import type { UsbIds } from "../device/table/table.ts"
import type { ModuleAlias } from "./modalias.ts"

export interface SerialDriverFacts {
  /** `available`: a module that is not loaded yet. `absent`: this kernel has none. */
  readonly state: "loaded" | "built-in" | "available" | "absent"
  /** Ids that were told it by `new_id`. */
  readonly added: ReadonlyArray<UsbIds>
  /** The file that keeps it from being loaded. */
  readonly blacklistedIn?: string
}

export interface HostFacts {
  /** Runs as root: all programs can be seen, and every node be opened. */
  readonly root: boolean
  /** Release of the kernel, e.g. `6.1.0-18-amd64`. */
  readonly kernel?: string
  /** USB patterns of the kernel's serial drivers, built-in ones too; absent where its list cannot be read. */
  readonly aliases?: ReadonlyArray<ModuleAlias>
  /** `qcserial`, the boot loaders' driver. */
  readonly serial?: SerialDriverFacts
  /** A device manager runs, which loads modules for new devices. */
  readonly udev: boolean
  /** Process id of ModemManager. */
  readonly modemManager?: number
  /** The socket of the system bus is there: ModemManager can be asked to let a modem alone. */
  readonly systemBus: boolean
  /** The processor says that it is a hypervisor's guest; with the maker's name of the machine where it is told. */
  readonly virtual?: { readonly product: string | undefined }
  /** In a container. */
  readonly container: boolean
  /** /dev is filled by the kernel. */
  readonly devFromKernel: boolean
  /** Bytes. */
  readonly memoryAvailable?: number
  readonly disk?: { readonly folder: string; readonly free: number }
  /** Rules that start usb_modeswitch, with the ids that they are for; no product: all of the vendor's. */
  readonly modeswitch: ReadonlyArray<{ readonly file: string; readonly vendor: string; readonly product?: string }>
}

export interface Holder {
  readonly pid: number
  readonly program: string
}

export interface NodeFacts {
  /** Path. */
  readonly node: string
  /** `absent`: there is none, or none that this process sees. */
  readonly state: "open" | "denied" | "absent"
  /** Of a denied one: who may, and the commands that help. */
  readonly denied?: { readonly detail: string; readonly cure: string }
  /** Other programs that have it open. */
  readonly holders: ReadonlyArray<Holder>
}

/** The controller that the modem's bus belongs to. */
export type ControllerFacts =
  | { readonly _tag: "Pci"; readonly vendor: string; readonly device: string; readonly subsystemVendor?: string }
  /** Of the USB/IP client: the modem is on another machine, or is software. */
  | { readonly _tag: "UsbIp" }
  | { readonly _tag: "Other"; readonly name: string }

export interface DeviceFacts {
  /** One for each port that has a node, in the order of the ports. */
  readonly nodes: ReadonlyArray<NodeFacts>
  /** What the device is opened by without a driver, e.g. `/dev/bus/usb/001/007`. */
  readonly usbNode?: NodeFacts
  /** Mbit/s. */
  readonly speed?: number
  /** `power/control`. */
  readonly powerControl?: "on" | "auto"
  readonly controller?: ControllerFacts
}
