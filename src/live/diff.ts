/** Two looks at the bus, as what has happened between them. Pure. */
import type { BusEvent, UsbDevice } from "../device/UsbBus.ts"

const samePorts = (a: UsbDevice, b: UsbDevice): boolean =>
  a.interfaceCount === b.interfaceCount &&
  a.ports.length === b.ports.length &&
  a.ports.every(({ name, role }, index) => b.ports[index]?.name === name && b.ports[index].role === role)

/** Who has gone comes first: the same modem may have come back meanwhile, as another enumeration. */
export const changesBetween = (
  before: ReadonlyArray<UsbDevice>,
  after: ReadonlyArray<UsbDevice>
): ReadonlyArray<BusEvent> => {
  const old = new Map(before.map((device) => [device.key, device]))
  const now = new Set(after.map(({ key }) => key))
  return [
    ...before.filter(({ key }) => !now.has(key)).map((device): BusEvent => ({ _tag: "Unplugged", device })),
    ...after.flatMap((device): ReadonlyArray<BusEvent> => {
      const known = old.get(device.key)
      if (known === undefined) return [{ _tag: "Plugged", device }]
      return samePorts(known, device) ? [] : [{ _tag: "Changed", device }]
    })
  ]
}
