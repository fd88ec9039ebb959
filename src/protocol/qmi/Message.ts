/**
 * A QMI message declared once: which TLVs a request and a response have, how each is encoded, how long the
 * modem may take. From that come both directions for both sides, so that client and simulated modem cannot
 * differ in the form of a message.
 */
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { errorName } from "./error-code.ts"
import { hex, QmiCodecError } from "./QmiCodecError.ts"
import { Control, type QmuxFrame, serviceName, type Tlv } from "./Qmux.ts"
import { type AnyCodec, type Codec, type CodecType, struct, u16 } from "./tlv.ts"

/** The modem understood the request and says no. `name` is from qmi.md §9. */
export const QmiRefused = Schema.TaggedStruct("QmiRefused", { error: Schema.Int, name: Schema.String })
export type QmiRefused = typeof QmiRefused.Type

export interface TlvField<C extends AnyCodec, Required extends boolean> {
  readonly type: number
  readonly codec: C
  readonly required: Required
}

/** A TLV that must be there. */
export const tlv = <A>(type: number, codec: Codec<A>): TlvField<Codec<A>, true> => ({ type, codec, required: true })

/** A TLV that may be absent; its field is then absent too. */
export const optional = <A>(type: number, codec: Codec<A>): TlvField<Codec<A>, false> => ({
  type,
  codec,
  required: false
})

type Fields = Record<string, TlvField<AnyCodec, boolean>>

type Flat<T> = { readonly [K in keyof T]: T[K] }

export type FieldsType<F extends Fields> = Flat<
  { readonly [K in keyof F as F[K]["required"] extends true ? K : never]: CodecType<F[K]["codec"]> } & {
    readonly [K in keyof F as F[K]["required"] extends true ? never : K]?: CodecType<F[K]["codec"]>
  }
>

/** What can be shown about a message without its types. */
export interface QmiMessageInfo {
  /** As in qmi.md, e.g. `List Stored Images`. */
  readonly name: string
  readonly service: number
  readonly id: number
  /** How long the modem may take to answer, milliseconds. */
  readonly deadlineMillis: number
  /**
   * Set for a message that only the modems of one maker know by this id (ids ≥ 0x5555 mean different things
   * on different makers' modems): the USB vendor id of the maker. Send it only where the device layer has
   * recognised a modem of that maker, also under the vendor id of a laptop brand (qmi.md §8, §11.7).
   */
  readonly vendorId?: number
  readonly requestFields: ReadonlyArray<FieldInfo>
  readonly responseFields: ReadonlyArray<FieldInfo>
}

export interface FieldInfo {
  readonly name: string
  readonly tlv: number
  readonly required: boolean
}

export interface QmiMessage<Request, Response> extends QmiMessageInfo {
  /** TLVs in the order of declaration. Throws `RangeError` for a value that does not fit its field. */
  readonly encodeRequest: (value: Request) => ReadonlyArray<Tlv>
  /** The modem's side. Strict: a TLV with bytes behind its value is malformed. */
  readonly decodeRequest: (tlvs: ReadonlyArray<Tlv>) => Result.Result<Request, QmiCodecError>
  /** The modem's side: result TLV "success", then the TLVs in the order of declaration. */
  readonly encodeResponse: (value: Response) => ReadonlyArray<Tlv>
  /** The modem's side: result TLV "failure" with an error code of qmi.md §9. */
  readonly encodeFailure: (error: number) => ReadonlyArray<Tlv>
  /**
   * Unknown TLVs are skipped, so are bytes behind a TLV's known value: newer firmware appends.
   * Output TLVs of a refusal are not looked at.
   */
  readonly decodeResponse: (tlvs: ReadonlyArray<Tlv>) => Result.Result<Response, QmiRefused | QmiCodecError>
}

/** Any message, for tables: it can be decoded and shown. */
export interface AnyQmiMessage extends QmiMessageInfo {
  readonly decodeRequest: (tlvs: ReadonlyArray<Tlv>) => Result.Result<unknown, QmiCodecError>
  readonly decodeResponse: (tlvs: ReadonlyArray<Tlv>) => Result.Result<unknown, QmiRefused | QmiCodecError>
}

export type RequestOf<M> = M extends QmiMessage<infer Request, infer _> ? Request : never
export type ResponseOf<M> = M extends QmiMessage<infer _, infer Response> ? Response : never

/** Type of the result TLV in every response (§1.1). */
export const RESULT_TLV = 0x02
const SUCCESS = 0
const FAILURE = 1
const resultCodec = struct({ status: u16, error: u16 })

/** How long the modem may take where qmi.md does not say otherwise (§6: "all requests: 10 s"). */
export const DEFAULT_DEADLINE_MILLIS = 10_000

const toTlv = (type: number, codec: AnyCodec, value: unknown): Tlv => {
  const out: Array<number> = []
  codec.write(out, value as never)
  return { type, value: Uint8Array.from(out) }
}

const equal = (a: Uint8Array, b: Uint8Array): boolean => a.length === b.length && a.every((byte, i) => byte === b[i])

type Decoded<A> = Result.Result<A, QmiCodecError>

/** Finds and reads one field. An exact repetition of a TLV is harmless; a different one is refused. */
const readField = (
  context: string,
  name: string,
  field: TlvField<AnyCodec, boolean>,
  tlvs: ReadonlyArray<Tlv>,
  surplus: "refuse" | "ignore"
): Decoded<unknown> => {
  const fail = (reason: QmiCodecError["reason"]): Decoded<never> => Result.fail(new QmiCodecError({ context, reason }))
  let found: Tlv | undefined
  for (const candidate of tlvs) {
    if (candidate.type !== field.type) continue
    if (found === undefined) found = candidate
    else if (!equal(found.value, candidate.value)) {
      return fail({ _tag: "ContradictoryTlv", field: name, tlv: field.type })
    }
  }
  if (found === undefined) {
    return field.required ? fail({ _tag: "MissingTlv", field: name, tlv: field.type }) : Result.succeed(undefined)
  }
  const cursor = { bytes: found.value, offset: 0 }
  const value = field.codec.read(cursor)
  const malformed = (detail: string) => fail({ _tag: "MalformedTlv", field: name, tlv: field.type, detail })
  if (Result.isFailure(value)) return malformed(value.failure)
  const rest = found.value.length - cursor.offset
  return surplus === "refuse" && rest > 0 ? malformed(`${String(rest)} bytes too many`) : Result.succeed(value.success)
}

const encodeFields = (fields: Fields, value: object): ReadonlyArray<Tlv> => {
  const values = value as Readonly<Record<string, unknown>>
  const tlvs: Array<Tlv> = []
  for (const [name, field] of Object.entries(fields)) {
    if (field.required || values[name] !== undefined) tlvs.push(toTlv(field.type, field.codec, values[name]))
  }
  return tlvs
}

const decodeFields = <F extends Fields>(
  context: string,
  fields: F,
  tlvs: ReadonlyArray<Tlv>,
  surplus: "refuse" | "ignore"
): Decoded<FieldsType<F>> => {
  const values: Record<string, unknown> = {}
  for (const [name, field] of Object.entries(fields)) {
    const value = readField(context, name, field, tlvs, surplus)
    if (Result.isFailure(value)) return Result.fail(value.failure)
    if (value.success !== undefined) values[name] = value.success
  }
  return Result.succeed(values as FieldsType<F>)
}

const fieldInfos = (fields: Fields): ReadonlyArray<FieldInfo> =>
  Object.entries(fields).map(([name, field]) => ({ name, tlv: field.type, required: field.required }))

export interface MessageOptions<Request extends Fields, Response extends Fields> {
  readonly name: string
  readonly service: number
  readonly id: number
  readonly deadlineMillis?: number
  readonly vendorId?: number
  /** The order of declaration is the order on the wire. */
  readonly request: Request
  /** Without the result TLV, which every response has. */
  readonly response: Response
}

export const message = <const Request extends Fields, const Response extends Fields>(
  options: MessageOptions<Request, Response>
): QmiMessage<FieldsType<Request>, FieldsType<Response>> => {
  const { id, name, request, response, service } = options
  const context = (side: string) => `${serviceName(service)} ${name} ${side}`
  const result = { type: RESULT_TLV, codec: resultCodec, required: true } as const
  return {
    name,
    service,
    id,
    deadlineMillis: options.deadlineMillis ?? DEFAULT_DEADLINE_MILLIS,
    ...(options.vendorId === undefined ? {} : { vendorId: options.vendorId }),
    requestFields: fieldInfos(request),
    responseFields: fieldInfos(response),
    encodeRequest: (value) => encodeFields(request, value),
    decodeRequest: (tlvs) => decodeFields(context("request"), request, tlvs, "refuse"),
    encodeResponse: (value) => [
      toTlv(RESULT_TLV, resultCodec, { status: SUCCESS, error: 0 }),
      ...encodeFields(response, value)
    ],
    encodeFailure: (error) => [toTlv(RESULT_TLV, resultCodec, { status: FAILURE, error })],
    decodeResponse: (tlvs) => {
      const outcome = decodeFields(context("response"), { result }, tlvs, "ignore")
      if (Result.isFailure(outcome)) return Result.fail(outcome.failure)
      const { error, status } = outcome.success.result
      if (status === FAILURE) return Result.fail(QmiRefused.make({ error, name: errorName(error) }))
      if (status !== SUCCESS) {
        const detail = `status ${hex(status, 4)} is neither success nor failure`
        const reason = { _tag: "MalformedTlv", field: "result", tlv: RESULT_TLV, detail } as const
        return Result.fail(new QmiCodecError({ context: context("response"), reason }))
      }
      return decodeFields(context("response"), response, tlvs, "ignore")
    }
  }
}

/** Who asks whom, and by which transaction. */
export interface Envelope {
  readonly client: number
  readonly transaction: number
}

/** The whole frame of a request from the host. */
export const requestFrame = <Request, Response>(
  of: QmiMessage<Request, Response>,
  { client, transaction }: Envelope,
  value: Request
): QmuxFrame => ({
  service: of.service,
  client,
  control: Control.host,
  kind: "request",
  transaction,
  message: of.id,
  tlvs: of.encodeRequest(value)
})

/** The modem's answer to a request frame, with TLVs from `encodeResponse` or `encodeFailure`. */
export const responseFrame = (request: QmuxFrame, tlvs: ReadonlyArray<Tlv>): QmuxFrame => ({
  service: request.service,
  client: request.client,
  control: Control.modem,
  kind: "response",
  transaction: request.transaction,
  message: request.message,
  tlvs
})
