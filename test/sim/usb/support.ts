/** A host at the USB function itself: requests with numbers in, answers out, no sockets and no time. */
import { UsbFunction } from "../../../src/sim/usb/UsbFunction.ts"
import type { UsbDescription } from "../../../src/sim/usb/descriptors.ts"
import { layoutOf } from "../../../src/sim/usb/compositions.ts"
import { models } from "../../../src/sim/models/models.ts"
import type { ModelName } from "../../../src/sim/models/models.ts"

export interface Answer {
  readonly status: number
  readonly length: number
  readonly data: Uint8Array | undefined
}

export const describeModel = (
  name: ModelName,
  mode: "application" | "boot-and-hold" = "application",
  composition = 6,
  maxControlMessage?: number
): UsbDescription => {
  const model = models[name]
  const layout = layoutOf(model, mode, composition, maxControlMessage)
  if (layout === undefined) throw new Error("no layout")
  return {
    ...layout,
    vendorId: model.vendorId,
    productId: mode === "application" ? model.productId : model.bootProductId,
    manufacturer: "Sierra Wireless, Incorporated",
    product: model.product,
    serial: "LF91628890031028"
  }
}

export const setupOf = (
  requestType: number,
  request: number,
  value: number,
  index: number,
  length: number
): Uint8Array =>
  Uint8Array.of(requestType, request, value & 0xff, value >> 8, index & 0xff, index >> 8, length & 0xff, length >> 8)

const none = new Uint8Array(0)

export const attachHost = (description: UsbDescription) => {
  const answers = new Map<number, Answer>()
  const order: Array<number> = []
  const ready: Array<number> = []
  const drained: Array<number> = []
  const resets: Array<number> = []
  let last = 0
  const outlets = {
    complete: (id: number, status: number, length: number, data: Uint8Array | undefined) => {
      if (answers.has(id)) throw new Error(`${String(id)} was answered twice`)
      answers.set(id, { status, length, data: data?.slice() })
      order.push(id)
    },
    outReady: (number: number) => void ready.push(number),
    drained: (number: number) => void drained.push(number),
    functionReset: (number: number) => void resets.push(number)
  }
  const usb = new UsbFunction(description, outlets)
  const submit = (
    endpoint: number,
    direction: "in" | "out",
    data: Uint8Array | number,
    options: { readonly setup?: Uint8Array; readonly flags?: number } = {}
  ): number => {
    const id = ++last
    const bytes = typeof data === "number" ? none : data
    const length = typeof data === "number" ? data : data.length
    const { flags = 0, setup = new Uint8Array(8) } = options
    usb.submit({ id, endpoint, direction, flags, length, setup, data: bytes })
    return id
  }
  /** A control transfer; `undefined` while it is unanswered. */
  const control = (
    requestType: number,
    request: number,
    value: number,
    index: number,
    data: Uint8Array | number
  ): Answer | undefined => {
    const length = typeof data === "number" ? data : data.length
    const direction = (requestType & 0x80) !== 0 ? "in" : "out"
    return answers.get(submit(0, direction, data, { setup: setupOf(requestType, request, value, index, length) }))
  }
  return { usb, outlets, answers, order, ready, drained, resets, submit, control }
}

/** The same after SET_CONFIGURATION. */
export const configured = (description: UsbDescription) => {
  const host = attachHost(description)
  host.control(0x00, 9, 1, 0, 0)
  return host
}
