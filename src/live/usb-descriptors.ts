/**
 * What a device says of its MBIM function, in the descriptors that the kernel has read from it. Bytes of a device: every
 * length is checked, and what makes no sense ends the reading.
 */

const Type = { configuration: 0x02, interface: 0x04, classSpecific: 0x24 } as const
/** MBIM functional descriptor (MBIM 1.0 §6.4). */
const MBIM = 0x1b

/**
 * `wMaxControlMessage` of an interface: bytes of one control transfer, as they are. `descriptors` is the device
 * descriptor and all configurations, one behind the other. Absent where the interface is no MBIM function.
 */
export const maxControlMessageOf = (
  descriptors: Uint8Array,
  configuration: number,
  interfaceNumber: number
): number | undefined => {
  const view = new DataView(descriptors.buffer, descriptors.byteOffset, descriptors.length)
  let inConfiguration = false
  let inInterface = false
  for (let at = 0; at + 2 <= descriptors.length;) {
    const length = view.getUint8(at)
    if (length < 2 || at + length > descriptors.length) return undefined
    switch (view.getUint8(at + 1)) {
      case Type.configuration:
        inConfiguration = length >= 6 && view.getUint8(at + 5) === configuration
        inInterface = false
        break
      case Type.interface:
        inInterface = length >= 3 && view.getUint8(at + 2) === interfaceNumber
        break
      case Type.classSpecific:
        if (inConfiguration && inInterface && length >= 7 && view.getUint8(at + 2) === MBIM) {
          return view.getUint16(at + 5, true)
        }
    }
    at += length
  }
  return undefined
}
