/**
 * What is used of WebUSB's `USBDevice` (https://wicg.github.io/webusb/), so that the same ports work on a browser's
 * device and on one of the npm package `usb`. A transfer is pending until there is data or the device or interface is
 * let go of: there are no time limits here. One device object serves one port: closing the port closes it.
 */

/** A device that names no such thing leaves the number out. */
export interface WebUsbEndpoint {
  readonly endpointNumber: number
  readonly direction: "in" | "out"
  readonly type: "bulk" | "interrupt" | "isochronous"
  readonly packetSize: number
}

export interface WebUsbInterface {
  readonly interfaceNumber: number
  readonly alternate: { readonly interfaceClass: number; readonly endpoints: ReadonlyArray<WebUsbEndpoint> }
}

export type WebUsbStatus = "ok" | "stall" | "babble"

export interface WebUsbInResult {
  readonly data?: DataView | undefined
  readonly status?: WebUsbStatus | undefined
}

export interface WebUsbOutResult {
  readonly bytesWritten: number
  readonly status?: WebUsbStatus | undefined
}

export interface WebUsbSetup {
  readonly requestType: "standard" | "class" | "vendor"
  readonly recipient: "device" | "interface" | "endpoint" | "other"
  readonly request: number
  readonly value: number
  readonly index: number
}

export interface WebUsbDevice {
  readonly configuration?: { readonly interfaces: ReadonlyArray<WebUsbInterface> } | null | undefined
  readonly open: () => Promise<void>
  readonly close: () => Promise<void>
  readonly claimInterface: (interfaceNumber: number) => Promise<void>
  /** Ends what is pending on its endpoints. */
  readonly releaseInterface: (interfaceNumber: number) => Promise<void>
  readonly controlTransferIn: (setup: WebUsbSetup, length: number) => Promise<WebUsbInResult>
  readonly controlTransferOut: (setup: WebUsbSetup, data: Uint8Array<ArrayBuffer>) => Promise<WebUsbOutResult>
  readonly transferIn: (endpointNumber: number, length: number) => Promise<WebUsbInResult>
  readonly transferOut: (endpointNumber: number, data: Uint8Array<ArrayBuffer>) => Promise<WebUsbOutResult>
  readonly clearHalt: (direction: "in" | "out", endpointNumber: number) => Promise<void>
  /**
   * Not of WebUSB: takes the interface from a driver of the kernel; `false` where it has none. Rejects with a busy error
   * where another program has it.
   */
  readonly detachKernelDriver?: (interfaceNumber: number) => Promise<boolean>
  /** Not of WebUSB: lets the kernel's drivers have the interface again. */
  readonly attachKernelDriver?: (interfaceNumber: number) => Promise<void>
}
