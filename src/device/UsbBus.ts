/**
 * The USB bus as boothold sees it: which devices are there, what ports they offer, who comes and goes.
 * Live layers read the operating system; `boothold/sim` plugs simulated modems into the same service.
 */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type * as Queue from "effect/Queue"
import type * as Scope from "effect/Scope"
import type { Connection } from "../transport/Connection.ts"
import type { TransportError } from "../transport/TransportError.ts"
import type { BusError } from "./BusError.ts"

/** What a port is good for. `download` exists only in boot-and-hold. */
export type PortRole = "control" | "at" | "download" | "diag" | "nmea" | "unknown"

export interface PortInfo {
  /** Node name without folder, e.g. `cdc-wdm0`, `ttyUSB2`; unique on the bus while the port lives. */
  readonly name: string
  readonly role: PortRole
  /** Kernel driver, e.g. `qmi_wwan`, `cdc_mbim`, `qcserial`; `usb`: opened by straight USB, without one. */
  readonly driver: string
  readonly interfaceNumber: number
  /** What fits one control transfer of an MBIM port (wMaxControlMessage), where it is known. */
  readonly maxControlMessage?: number
  /** Path to open, e.g. `/dev/cdc-wdm0`; absent on simulated modems and by straight USB. */
  readonly node?: string
  /** Which protocol a control port speaks, where the driver does not say it. */
  readonly speaks?: "qmi" | "mbim"
  /** Why there is straight USB in place of the kernel's port, where nobody asked for it: a clause. */
  readonly because?: string
}

/** One interface of the active configuration; numbers have gaps. */
export interface UsbInterface {
  readonly number: number
  readonly class: number
  readonly subclass: number
  readonly protocol: number
  /** What fits one control transfer (wMaxControlMessage), of an MBIM function. */
  readonly maxControlMessage?: number
  /** Absent while no driver has bound: too early, a missing module, or an id that the driver does not know. */
  readonly driver?: string
}

/** One enumeration of one device: the same modem gets a new `key` each time it comes back. */
export interface UsbDevice {
  /** Unique per enumeration, e.g. bus and device number `1:7`. */
  readonly key: string
  /** Where it is plugged, e.g. `1-2`: stable over re-enumeration on the same port. */
  readonly portPath: string
  /** The same connector at the other speed (USB 2 against USB 3), when the host knows it. */
  readonly peerPath?: string
  readonly vendorId: number
  readonly productId: number
  readonly serial?: string
  readonly product?: string
  readonly manufacturer?: string
  /** Numbers of bus and device, as `lsusb` shows them; on live buses. */
  readonly address?: { readonly bus: number; readonly device: number }
  readonly interfaceCount: number
  /** What the operating system tells of the interfaces; on live buses. */
  readonly interfaces?: ReadonlyArray<UsbInterface>
  readonly ports: ReadonlyArray<PortInfo>
}

export type BusEvent =
  | { readonly _tag: "Plugged"; readonly device: UsbDevice }
  /** A port of a present device appeared or vanished (driver bound late). */
  | { readonly _tag: "Changed"; readonly device: UsbDevice }
  | { readonly _tag: "Unplugged"; readonly device: UsbDevice }

/** How a port is opened. */
export interface OpenOptions {
  /**
   * By the proxy for this protocol, which shares a control port with other programs. Live buses only: a simulated modem
   * is this process's alone, and opened as ever.
   */
  readonly proxy?: "qmi" | "mbim"
}

/** What a claim has to tell while it lasts; `program` is one that was kept away, e.g. `ModemManager`. */
export type ClaimNotice =
  | { readonly _tag: "Held"; readonly program: string }
  /** It had started anew, or the way to it was lost for a moment. */
  | { readonly _tag: "HeldAgain"; readonly program: string }
  /** It may use the modem's ports from now on. */
  | { readonly _tag: "Lost"; readonly program: string; readonly detail: string }

export class UsbBus extends Context.Service<
  UsbBus,
  {
    readonly devices: Effect.Effect<ReadonlyArray<UsbDevice>, BusError>
    /** Subscribes: every event after this effect has returned is in the queue. Look at `devices` afterwards, then wait. */
    readonly changes: Effect.Effect<Queue.Dequeue<BusEvent>, BusError, Scope.Scope>
    /** Opens a port exclusively, unless by a proxy; closed with the scope. */
    readonly open: (
      device: UsbDevice,
      port: PortInfo,
      options?: OpenOptions
    ) => Effect.Effect<Connection, TransportError, Scope.Scope>
    /**
     * Keeps programs that use modems by themselves (ModemManager) away from the place where this device is plugged in,
     * over all its re-enumerations, until the scope ends. Claims of one place share; the last one to end gives it free.
     * Fails with `ClaimRefused` or `ClaimFailed`. Simulated modems are nobody else's: there it does nothing.
     */
    readonly claim: (
      device: UsbDevice,
      tell?: (notice: ClaimNotice) => Effect.Effect<void>
    ) => Effect.Effect<void, BusError, Scope.Scope>
  }
>()("boothold/device/UsbBus") {}

export type UsbMode = "application" | "boot-and-hold"

/** Boot-and-hold has exactly one interface, application mode several (devices.md, rule 3). */
export const usbMode = (device: UsbDevice): UsbMode => (device.interfaceCount === 1 ? "boot-and-hold" : "application")
