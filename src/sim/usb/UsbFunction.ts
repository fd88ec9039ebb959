/**
 * The USB side of one enumeration as a state machine: requests of the host in, answers out, and the modem's ports behind
 * it. No time, no I/O; whoever carries the requests (USB/IP, a test) gives every one of them a number.
 */
import { Status } from "../../protocol/usbip/message.ts"
import { decodeSetup, nothing, standardRequest } from "./control.ts"
import type { ControlState, Setup } from "./control.ts"
import { endpointsOf } from "./descriptors.ts"
import type { UsbDescription, UsbInterface } from "./descriptors.ts"
import { InPipe } from "./InPipe.ts"
import type { Complete } from "./InPipe.ts"
import { defaultNtbInputSize, MbimRequest, ntbInputSize, ntbParameters } from "./mbim-requests.ts"
import { mbimSplitter, qmuxSplitter } from "./Splitter.ts"
import type { Splitter } from "./Splitter.ts"

/** A USB request block as the host submits it. */
export interface UsbRequest {
  /** Unique among those that are not answered. */
  readonly id: number
  readonly endpoint: number
  readonly direction: "in" | "out"
  readonly flags: number
  readonly length: number
  readonly setup: Uint8Array
  readonly data: Uint8Array
}

/** Who carries the requests, and who pumps the ports. */
export interface UsbOutlets {
  /** Answers a request: status, bytes moved, and what goes to the host. */
  readonly complete: Complete
  /** The host has bytes for the port behind this interface: fetch them with `takeOut`. */
  readonly outReady: (interfaceNumber: number) => void
  /** The port may send again after `full` was true. */
  readonly drained: (interfaceNumber: number) => void
  /** The function behind this interface begins anew. */
  readonly functionReset: (interfaceNumber: number) => void
}

const ClassRequest = {
  sendEncapsulatedCommand: 0x00,
  getEncapsulatedResponse: 0x01,
  setLineCoding: 0x20,
  getLineCoding: 0x21,
  setControlLineState: 0x22,
  sendBreak: 0x23
} as const

/** Standard request SET_INTERFACE. */
const setInterface = 11
const RESPONSE_AVAILABLE = 0x01
const DTR = 1

/**
 * What a port may have sent that nobody has read: a device's own buffer. Then the modem waits, as behind a full pipe:
 * an answer that nobody reads comes first when the port is read again, as on real ports.
 */
const inLimit = 65_536
/** Encapsulated answers that nobody has fetched. */
const answerLimit = 64
/**
 * What a device takes before its firmware has: its endpoint's buffers. A request is answered when its data is in there, and
 * waits while it is full: that is how a slow modem holds the host back.
 */
const outLimit = 65_536

interface Out {
  readonly id: number
  readonly data: Uint8Array
}

/** One interface at work. */
interface Side {
  readonly description: UsbInterface
  readonly bulkIn: InPipe
  readonly interrupt: InPipe
  /** In the device's buffers. */
  readonly out: Array<Uint8Array>
  outHeld: number
  /** Behind full buffers: not answered yet. */
  readonly outWaiting: Array<Out>
  readonly splitter: Splitter
  readonly answers: Array<Uint8Array>
  ntbInput: Uint8Array
  lineCoding: Uint8Array
  dtr: boolean
  wasFull: boolean
}

/** Commands and answers go over endpoint 0; the interface's own endpoints carry notifications, and network packets. */
const isEncapsulated = ({ requests }: UsbInterface): boolean => requests === "encapsulated" || requests === "mbim"

const isIn = (address: number): boolean => (address & 0x80) !== 0

const makeSide = (description: UsbInterface): Side => {
  const pipe = (transfer: "bulk" | "interrupt"): InPipe =>
    new InPipe(
      transfer,
      endpointsOf(description).find((one) => one.transfer === transfer && isIn(one.address))?.packetSize ?? 512
    )
  return {
    description,
    bulkIn: pipe("bulk"),
    interrupt: pipe("interrupt"),
    out: [],
    outHeld: 0,
    outWaiting: [],
    splitter: description.requests === "mbim" ? mbimSplitter() : qmuxSplitter(),
    answers: [],
    ntbInput: defaultNtbInputSize,
    // 115200 8N1 (CDC PSTN §6.3.11).
    lineCoding: Uint8Array.of(0x00, 0xc2, 0x01, 0x00, 0, 0, 8),
    dtr: false,
    wasFull: false
  }
}

const join = (parts: ReadonlyArray<Uint8Array>, length: number): Uint8Array => {
  const [first] = parts
  if (parts.length === 1 && first !== undefined) return first
  const out = new Uint8Array(length)
  let at = 0
  for (const part of parts) {
    out.set(part, at)
    at += part.length
  }
  return out
}

interface End {
  readonly side: Side
  readonly transfer: "bulk" | "interrupt"
  /** Whether it is there in alternate setting 1 only. */
  readonly alternate: boolean
}

const endsOf = (side: Side): ReadonlyArray<readonly [number, End]> => {
  const { alternate = [], endpoints } = side.description
  return [
    ...endpoints.map(({ address, transfer }) => [address, { side, transfer, alternate: false }] as const),
    ...alternate.map(({ address, transfer }) => [address, { side, transfer, alternate: true }] as const)
  ]
}

export class UsbFunction {
  readonly description: UsbDescription
  readonly #sides: ReadonlyMap<number, Side>
  /** By endpoint address. */
  readonly #endpoints: ReadonlyMap<number, End>
  readonly #control: ControlState = { configuration: 0, remoteWakeup: false, halted: new Set(), alternate: new Set() }
  #outlets: UsbOutlets

  constructor(description: UsbDescription, outlets: UsbOutlets) {
    this.description = description
    this.#outlets = outlets
    const sides = description.interfaces.map(makeSide)
    this.#sides = new Map(sides.map((side) => [side.description.number, side]))
    this.#endpoints = new Map(sides.flatMap(endsOf))
  }

  /** Another carrier has the device from now on: everything as after a bus reset, nothing is owed to the one before. */
  reset(outlets: UsbOutlets): void {
    this.#outlets = outlets
    this.#control.configuration = 0
    this.#control.remoteWakeup = false
    this.#control.halted.clear()
    this.#control.alternate.clear()
    for (const side of this.#sides.values()) {
      side.bulkIn.clear()
      side.interrupt.clear()
      side.out.length = 0
      side.outHeld = 0
      side.outWaiting.length = 0
      side.answers.length = 0
      side.ntbInput = defaultNtbInputSize
      side.dtr = false
      this.#noteDrained(side)
    }
  }

  submit(request: UsbRequest): void {
    if (request.endpoint === 0) return this.#onControl(request)
    const address = request.endpoint | (request.direction === "in" ? 0x80 : 0)
    const target = this.#endpoints.get(address)
    if (target === undefined || this.#control.configuration === 0 || this.#control.halted.has(address)) {
      return this.#outlets.complete(request.id, Status.stall, 0, undefined)
    }
    const { alternate, side, transfer } = target
    if (alternate && !this.#control.alternate.has(side.description.number)) {
      return this.#outlets.complete(request.id, Status.stall, 0, undefined)
    }
    if (transfer === "interrupt") return side.interrupt.request(request, this.#outlets.complete)
    if (request.direction === "in") {
      side.bulkIn.request(request, this.#outlets.complete)
      return this.#noteDrained(side)
    }
    // Network packets of a modem without a data session go nowhere; such an interface carries nothing else.
    const isNetwork = side.description.role === undefined || isEncapsulated(side.description)
    if (isNetwork || request.length === 0) {
      return this.#outlets.complete(request.id, Status.ok, request.length, undefined)
    }
    this.#takeData(side, request)
  }

  #takeData(side: Side, one: Out): void {
    side.outWaiting.push({ id: one.id, data: one.data })
    this.#fillBuffers(side)
  }

  #fillBuffers(side: Side): void {
    while (side.outHeld < outLimit) {
      const one = side.outWaiting.shift()
      if (one === undefined) return
      side.out.push(one.data)
      side.outHeld += one.data.length
      this.#outlets.complete(one.id, Status.ok, one.data.length, undefined)
      if (side.out.length === 1) this.#outlets.outReady(side.description.number)
    }
  }

  /** Whether the request was still pending; then there is no answer to it any more. */
  unlink(id: number): boolean {
    for (const side of this.#sides.values()) {
      if (side.bulkIn.cancel(id) || side.interrupt.cancel(id)) return true
      const at = side.outWaiting.findIndex((one) => one.id === id)
      if (at >= 0) {
        side.outWaiting.splice(at, 1)
        return true
      }
    }
    return false
  }

  /** All that the device has in its buffers for a port, which have room again then. */
  takeOut(interfaceNumber: number): Uint8Array | undefined {
    const side = this.#sides.get(interfaceNumber)
    if (side === undefined || side.out.length === 0) return undefined
    const bytes = join(side.out, side.outHeld)
    side.out.length = 0
    side.outHeld = 0
    this.#fillBuffers(side)
    return bytes
  }

  /** The port behind the interface sends. */
  send(interfaceNumber: number, bytes: Uint8Array): void {
    const side = this.#sides.get(interfaceNumber)
    if (side === undefined) return
    if (!isEncapsulated(side.description)) return side.bulkIn.send(bytes, this.#outlets.complete)
    for (const answer of side.splitter.push(bytes)) this.#queueAnswer(side, answer)
  }

  /** The port must not send until `drained`. */
  full(interfaceNumber: number): boolean {
    const side = this.#sides.get(interfaceNumber)
    if (side === undefined) return false
    side.wasFull = side.bulkIn.held > inLimit || side.answers.length > answerLimit
    return side.wasFull
  }

  #noteDrained(side: Side): void {
    if (!side.wasFull || this.full(side.description.number)) return
    this.#outlets.drained(side.description.number)
  }

  #queueAnswer(side: Side, answer: Uint8Array): void {
    side.answers.push(answer)
    const notification = Uint8Array.of(0xa1, RESPONSE_AVAILABLE, 0, 0, side.description.number, 0, 0, 0)
    side.interrupt.send(notification, this.#outlets.complete)
  }

  #onControl(request: UsbRequest): void {
    const setup = decodeSetup(request.setup)
    // Direction and length of the setup packet are what the device goes by; they must agree with the request's.
    if (((setup.requestType & 0x80) !== 0) !== (request.direction === "in")) return this.#stall(request)
    const type = (setup.requestType >> 5) & 3
    const answer =
      type === 0
        ? this.#standard(setup)
        : type === 1 && (setup.requestType & 0x1f) === 1
          ? this.#classRequest(request, setup)
          : undefined
    if (answer === "later") return
    if (answer === undefined) return this.#stall(request)
    if (request.direction === "out") {
      return this.#outlets.complete(request.id, Status.ok, request.data.length, undefined)
    }
    const data = answer.subarray(0, Math.min(setup.length, request.length))
    this.#outlets.complete(request.id, Status.ok, data.length, data)
  }

  #standard(setup: Setup): Uint8Array | undefined {
    const before = new Set(this.#control.halted)
    const answer = standardRequest(this.description, this.#control, setup)
    for (const address of this.#control.halted) {
      const target = before.has(address) ? undefined : this.#endpoints.get(address)
      if (target === undefined) continue
      const pipe = target.transfer === "bulk" ? target.side.bulkIn : target.side.interrupt
      if (isIn(address)) pipe.fail(Status.stall, this.#outlets.complete)
      else for (const { id } of target.side.outWaiting.splice(0)) this.#outlets.complete(id, Status.stall, 0, undefined)
    }
    if (answer !== undefined && setup.request === setInterface) this.#onSetting(setup.index & 0xff)
    return answer
  }

  /** The network side of MBIM in setting 0 is as it was in the beginning, sizes included (NCM 1.0 §7.2). */
  #onSetting(interfaceNumber: number): void {
    const side = this.#sides.get(interfaceNumber)
    if (side?.description.alternate === undefined || this.#control.alternate.has(interfaceNumber)) return
    side.bulkIn.fail(Status.stall, this.#outlets.complete)
    for (const other of this.#sides.values()) other.ntbInput = defaultNtbInputSize
  }

  #stall(request: UsbRequest): void {
    this.#outlets.complete(request.id, Status.stall, 0, undefined)
  }

  #classRequest(request: UsbRequest, setup: Setup): Uint8Array | "later" | undefined {
    const side = this.#sides.get(setup.index & 0xff)
    if (side === undefined || this.#control.configuration === 0) return undefined
    const { needsDtr, requests } = side.description
    const toHost = request.direction === "in"
    if (requests === "none") return undefined
    if (requests === "mbim") return this.#mbimRequest(request, setup, side)
    if (setup.request === ClassRequest.setControlLineState && !toHost) {
      const before = side.dtr
      side.dtr = (setup.value & DTR) !== 0
      // The host lets go of the control channel: what was queued for it goes with it (inferred).
      if (before && !side.dtr && requests === "encapsulated") this.#forgetAnswers(side)
      return nothing
    }
    if (requests === "encapsulated") {
      if (setup.request === ClassRequest.sendEncapsulatedCommand && !toHost) {
        // Without DTR "the QMI interface will not respond" (the kernel's reason for QMI_QUIRK_SET_DTR).
        if ((needsDtr === true && !side.dtr) || request.data.length === 0) return nothing
        this.#takeData(side, request)
        return "later"
      }
      return setup.request === ClassRequest.getEncapsulatedResponse && toHost ? this.#fetch(side, setup) : undefined
    }
    switch (setup.request) {
      case ClassRequest.setLineCoding:
        if (toHost || request.data.length !== 7) return undefined
        side.lineCoding = request.data.slice()
        return nothing
      case ClassRequest.getLineCoding:
        return toHost ? side.lineCoding : undefined
      case ClassRequest.sendBreak:
        return toHost ? undefined : nothing
      default:
        return undefined
    }
  }

  #mbimRequest(request: UsbRequest, setup: Setup, side: Side): Uint8Array | "later" | undefined {
    const { maxControlMessage = 0, number } = side.description
    if (request.direction === "in") {
      switch (setup.request) {
        case ClassRequest.getEncapsulatedResponse:
          return this.#fetch(side, setup)
        case MbimRequest.getNtbParameters:
          return ntbParameters()
        case MbimRequest.getNtbInputSize:
          return side.ntbInput
        default:
          return undefined
      }
    }
    switch (setup.request) {
      case ClassRequest.sendEncapsulatedCommand:
        if (request.data.length > maxControlMessage) return undefined
        if (request.data.length === 0) return nothing
        this.#takeData(side, request)
        return "later"
      case MbimRequest.setNtbInputSize: {
        const size = ntbInputSize(request.data)
        if (size !== undefined) side.ntbInput = size
        return size === undefined ? undefined : nothing
      }
      case MbimRequest.resetFunction:
        // As after SET_CONFIGURATION: not open, and nothing is owed to the host.
        side.out.length = 0
        side.outHeld = 0
        side.ntbInput = defaultNtbInputSize
        this.#forgetAnswers(side)
        this.#fillBuffers(side)
        this.#outlets.functionReset(number)
        return nothing
      default:
        return undefined
    }
  }

  #forgetAnswers(side: Side): void {
    side.splitter.clear()
    side.answers.length = 0
    side.interrupt.forget()
    this.#noteDrained(side)
  }

  /**
   * One whole answer; a stall when there is none (Linux' cdc-wdm, "fix out-of-sync due to missing notifications": queued
   * messages "end with an -EPIPE status"). The same change says that devices queue answers whether or not anybody heard
   * the notification: a host that loses one reads the answer before the wanted one from then on, here as on real modems.
   */
  #fetch(side: Side, { length }: Setup): Uint8Array | undefined {
    const answer = side.answers.shift()
    if (answer === undefined) return undefined
    this.#noteDrained(side)
    return answer.subarray(0, length)
  }
}
