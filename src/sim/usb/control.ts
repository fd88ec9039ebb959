/** Standard requests on endpoint 0 (USB 2.0 §9.4), answered from the description and a little state. Pure. */
import {
  configurationAttributes,
  configurationDescriptor,
  configurationValue,
  DescriptorType,
  deviceDescriptor,
  endpointsOf,
  stringDescriptor
} from "./descriptors.ts"
import type { UsbDescription } from "./descriptors.ts"

export interface Setup {
  readonly requestType: number
  readonly request: number
  readonly value: number
  readonly index: number
  readonly length: number
}

export const decodeSetup = (bytes: Uint8Array): Setup => {
  const at = (offset: number): number => bytes[offset] ?? 0
  return {
    requestType: at(0),
    request: at(1),
    value: at(2) | (at(3) << 8),
    index: at(4) | (at(5) << 8),
    length: at(6) | (at(7) << 8)
  }
}

/** What standard requests change. */
export interface ControlState {
  configuration: number
  remoteWakeup: boolean
  readonly halted: Set<number>
  /** Interfaces in alternate setting 1; all others are in 0. */
  readonly alternate: Set<number>
}

const Request = {
  getStatus: 0,
  clearFeature: 1,
  setFeature: 3,
  setAddress: 5,
  getDescriptor: 6,
  getConfiguration: 8,
  setConfiguration: 9,
  getInterface: 10,
  setInterface: 11
} as const

const Recipient = { device: 0, interface: 1, endpoint: 2 } as const
const Feature = { endpointHalt: 0, remoteWakeup: 1 } as const

export const nothing = new Uint8Array(0)

/** The answer's bytes (none for a request that only sets something), or `undefined` for a stall. */
export const standardRequest = (
  device: UsbDescription,
  state: ControlState,
  { index, request, requestType, value }: Setup
): Uint8Array | undefined => {
  const toHost = (requestType & 0x80) !== 0
  const recipient = requestType & 0x1f
  const hasInterface = device.interfaces.some(({ number }) => number === (index & 0xff))
  const endpoint = index & 0x8f
  const hasEndpoint =
    (endpoint & 0x0f) === 0 ||
    device.interfaces.some((one) => endpointsOf(one).some(({ address }) => address === endpoint))
  const feature = (on: boolean): Uint8Array | undefined => {
    if (recipient === Recipient.device && value === Feature.remoteWakeup) {
      state.remoteWakeup = on
      return nothing
    }
    if (recipient !== Recipient.endpoint || value !== Feature.endpointHalt || !hasEndpoint) return undefined
    if (on) state.halted.add(endpoint)
    else state.halted.delete(endpoint)
    return nothing
  }
  switch (request) {
    case Request.getStatus: {
      if (!toHost) return undefined
      const selfPowered = (configurationAttributes & 0x40) >> 6
      if (recipient === Recipient.device) return Uint8Array.of(selfPowered | (state.remoteWakeup ? 2 : 0), 0)
      if (recipient === Recipient.interface) return hasInterface ? Uint8Array.of(0, 0) : undefined
      return recipient === Recipient.endpoint && hasEndpoint
        ? Uint8Array.of(state.halted.has(endpoint) ? 1 : 0, 0)
        : undefined
    }
    case Request.clearFeature:
      return toHost ? undefined : feature(false)
    case Request.setFeature:
      return toHost ? undefined : feature(true)
    case Request.setAddress:
      // The host's own controller does it; harmless when it comes anyway.
      return toHost ? undefined : nothing
    case Request.getDescriptor: {
      if (!toHost || recipient !== Recipient.device) return undefined
      const which = value & 0xff
      switch (value >> 8) {
        case DescriptorType.device:
          return deviceDescriptor(device)
        case DescriptorType.configuration:
          return which === 0 ? configurationDescriptor(device) : undefined
        case DescriptorType.string:
          return stringDescriptor(device, which)
        default:
          // Qualifier, other speed (it has no second speed), BOS (it is USB 2.00).
          return undefined
      }
    }
    case Request.getConfiguration:
      return toHost ? Uint8Array.of(state.configuration) : undefined
    case Request.setConfiguration:
      if (toHost || recipient !== Recipient.device || (value !== 0 && value !== configurationValue)) return undefined
      state.configuration = value
      state.halted.clear()
      state.alternate.clear()
      return nothing
    case Request.getInterface:
      return toHost && hasInterface && state.configuration !== 0
        ? Uint8Array.of(state.alternate.has(index & 0xff) ? 1 : 0)
        : undefined
    case Request.setInterface: {
      const chosen = device.interfaces.find(({ number }) => number === (index & 0xff))
      if (toHost || chosen === undefined || state.configuration === 0) return undefined
      if (value > (chosen.alternate === undefined ? 0 : 1)) return undefined
      if (value === 0) state.alternate.delete(chosen.number)
      else state.alternate.add(chosen.number)
      // Choosing a setting, also the same again, clears the halts of its endpoints (USB 2.0 §9.4.10).
      for (const { address } of endpointsOf(chosen)) state.halted.delete(address)
      return nothing
    }
    default:
      return undefined
  }
}
