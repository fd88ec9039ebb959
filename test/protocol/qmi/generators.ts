/** Any value of every QMI message, for round trips. */
import * as Arbitrary from "effect/Arbitrary"
import * as Schema from "effect/Schema"
import * as Ctl from "../../../src/protocol/qmi/ctl.ts"
import * as Dms from "../../../src/protocol/qmi/dms.ts"
import type { AnyQmiMessage, QmiMessage } from "../../../src/protocol/qmi/Message.ts"
import type { Tlv } from "../../../src/protocol/qmi/Qmux.ts"
import * as Foxconn from "../../../src/protocol/qmi/vendor-foxconn.ts"
import * as Sierra from "../../../src/protocol/qmi/vendor-sierra.ts"
import * as Telit from "../../../src/protocol/qmi/vendor-telit.ts"
import * as numbers from "../bytes.ts"

type Gen<A> = Arbitrary.Arbitrary<A>

const u8 = Arbitrary.schema(numbers.Byte)
const u16 = Arbitrary.schema(numbers.U16)
const u32 = Arbitrary.schema(numbers.U32)
const bool = Arbitrary.schema(Schema.Boolean)

const characters = [..." !#$%&'()*+,-./0123456789:;<=>?@ABCXYZ[]^_`abcxyz{|}~äßé€漢😀"]
const character = Arbitrary.map(u8, (n) => characters[n % characters.length] ?? "?")
const string = Arbitrary.map(Arbitrary.array(character, { maxLength: 40 }), (list) => list.join(""))
const digits = (maxLength: number) =>
  Arbitrary.map(Arbitrary.array(u8, { maxLength }), (list) => list.map((n) => String(n % 10)).join(""))
const fixedBytes = (size: number) =>
  Arbitrary.map(Arbitrary.array(u8, { minLength: size, maxLength: size }), (list) => Uint8Array.from(list))

/** One of the names, or a number that has none. */
const choice = <const N extends string>(names: { readonly [K in N]: number }, free: number): Gen<N | number> =>
  Arbitrary.schema(Schema.Literals([...(Object.keys(names) as Array<N>), free]))

const option = <A>(gen: Gen<A>): Gen<A | undefined> =>
  Arbitrary.map(Arbitrary.all([bool, gen] as const), ([there, value]) => (there ? value : undefined))

type Optional<T> = { readonly [K in keyof T]?: Exclude<T[K], undefined> }

/** Keys that may be absent. */
const optional = <const G extends Record<string, Gen<unknown>>>(
  gens: G
): Gen<Optional<{ [K in keyof G]: G[K] extends Gen<infer A> ? A : never }>> =>
  Arbitrary.map(
    Arbitrary.all(Object.fromEntries(Object.entries(gens).map(([key, gen]) => [key, option(gen)]))),
    (value) =>
      Object.fromEntries(Object.entries(value).filter(([, one]) => one !== undefined)) as Optional<{
        [K in keyof G]: G[K] extends Gen<infer A> ? A : never
      }>
  )

const both = <A extends object, B extends object>(a: Gen<A>, b: Gen<B>): Gen<A & B> =>
  Arbitrary.map(Arbitrary.all([a, b] as const), ([left, right]) => ({ ...left, ...right }))

const nothing: Gen<{}> = Arbitrary.Constant({})

const imageType = choice(Dms.ImageTypeValue, 2)
const image = Arbitrary.all({ type: imageType, uniqueId: fixedBytes(16), buildId: string })
const orNone = Arbitrary.map(u8, (n) => (n === 0xff ? undefined : n))
const storedImage = Arbitrary.all({
  storageIndex: u8,
  failureCount: orNone,
  uniqueId: fixedBytes(16),
  buildId: string
})
const storedImageList = Arbitrary.all({
  type: imageType,
  maximum: u8,
  running: orNone,
  images: Arbitrary.array(storedImage, { maxLength: 4 })
})

const offlineReasons = Arbitrary.map(u16, (bits) =>
  Array.from({ length: 16 }, (_, i) => 2 ** i)
    .filter((bit) => (bits & bit) !== 0)
    .map((bit) => {
      const named = Object.entries(Dms.OfflineReasonBit).find(([, value]) => value === bit)
      return named === undefined ? bit : (named[0] as Dms.OfflineReason)
    })
)

const versionType = choice(Foxconn.FirmwareVersionType, 3)
const endpoint = choice({ hsusb: 0, hsic: 1 }, 2)
const slot = Arbitrary.all({ index: u8, name: string, version: string, priRevision: string })
const autoSim = { off: 0, on: 1, "one-shot": 2 }

export interface Generated {
  readonly message: AnyQmiMessage
  /** A request and a response: the value, and what it becomes on the wire. */
  readonly request: Gen<{ readonly value: unknown; readonly tlvs: ReadonlyArray<Tlv> }>
  readonly response: Gen<{ readonly value: unknown; readonly tlvs: ReadonlyArray<Tlv> }>
}

const of = <A, B>(message: QmiMessage<A, B>, request: Gen<A>, response: Gen<B>): Generated => ({
  message,
  request: Arbitrary.map(request, (value) => ({ value, tlvs: message.encodeRequest(value) })),
  response: Arbitrary.map(response, (value) => ({ value, tlvs: message.encodeResponse(value) }))
})

const allocation = Arbitrary.all({ service: u8, client: u8 })
const linkProtocol = optional({ linkProtocol: choice(Ctl.LinkProtocol, 7) })

export const generated: ReadonlyArray<Generated> = [
  of(Ctl.SetInstanceId, Arbitrary.all({ instance: u8 }), Arbitrary.all({ link: u16 })),
  of(
    Ctl.GetVersionInfo,
    nothing,
    Arbitrary.all({ services: Arbitrary.array(Arbitrary.all({ service: u8, major: u16, minor: u16 })) })
  ),
  of(Ctl.AllocateCid, Arbitrary.all({ service: u8 }), Arbitrary.all({ allocation })),
  of(Ctl.ReleaseCid, Arbitrary.all({ allocation }), optional({ allocation })),
  of(Ctl.SetDataFormat, both(Arbitrary.all({ qosHeader: bool }), linkProtocol), linkProtocol),
  of(Ctl.Sync, nothing, nothing),
  of(Ctl.ProxyOpen, Arbitrary.all({ path: string }), nothing),

  of(
    Dms.GetSupportedMessages,
    nothing,
    optional({ bitmap: Arbitrary.map(Arbitrary.array(u8), (list) => Uint8Array.from(list)) })
  ),
  of(
    Dms.GetCapabilities,
    nothing,
    Arbitrary.all({
      capabilities: Arbitrary.all({
        maxTxRate: u32,
        maxRxRate: u32,
        dataCapability: u8,
        simCapability: u8,
        radioInterfaces: Arbitrary.array(u8)
      })
    })
  ),
  of(Dms.GetManufacturer, nothing, Arbitrary.all({ manufacturer: string })),
  of(Dms.GetModel, nothing, Arbitrary.all({ model: string })),
  of(Dms.GetRevision, nothing, Arbitrary.all({ revision: string })),
  of(Dms.GetIds, nothing, optional({ esn: string, imei: digits(15), meid: string, imeiSoftwareVersion: string })),
  of(Dms.GetHardwareRevision, nothing, Arbitrary.all({ hardwareRevision: string })),
  of(Dms.GetFactorySku, nothing, Arbitrary.all({ sku: string })),
  of(Dms.GetSoftwareVersion, nothing, Arbitrary.all({ softwareVersion: string })),

  of(Dms.ListStoredImages, nothing, Arbitrary.all({ lists: Arbitrary.array(storedImageList, { maxLength: 3 }) })),
  of(Dms.GetFirmwarePreference, nothing, Arbitrary.all({ images: Arbitrary.array(image, { maxLength: 4 }) })),
  of(
    Dms.SetFirmwarePreference,
    both(
      Arbitrary.all({ images: Arbitrary.array(image, { maxLength: 4 }) }),
      optional({ modemStorageIndex: u8, downloadOverride: bool })
    ),
    optional({ download: Arbitrary.array(imageType, { maxLength: 4 }) })
  ),
  of(Dms.DeleteStoredImage, Arbitrary.all({ image }), nothing),
  of(
    Dms.GetStoredImageInfo,
    Arbitrary.all({ image }),
    optional({
      bootVersion: Arbitrary.all({ major: u16, minor: u16 }),
      pri: Arbitrary.all({ version: u32, info: digits(32) }),
      oemLockId: u32
    })
  ),
  of(Dms.SetFirmwareId, nothing, nothing),
  of(Dms.SetBootImageDownloadMode, Arbitrary.all({ mode: choice(Dms.BootImageDownloadModeValue, 2) }), nothing),
  of(Dms.GetBootImageDownloadMode, nothing, optional({ mode: choice(Dms.BootImageDownloadModeValue, 2) })),

  of(
    Dms.GetOperatingMode,
    nothing,
    both(
      Arbitrary.all({ mode: choice(Dms.OperatingModeValue, 9) }),
      optional({ offlineReasons, hardwareRestricted: bool })
    )
  ),
  of(Dms.SetOperatingMode, Arbitrary.all({ mode: choice(Dms.OperatingModeValue, 9) }), nothing),
  of(
    Dms.RestoreFactoryDefaults,
    Arbitrary.map(u32, (n) => ({ servicePassword: String(n).padStart(6, "0").slice(-6) })),
    nothing
  ),
  of(Dms.ResetService, nothing, nothing),

  of(
    Sierra.SwiGetCurrentFirmware,
    nothing,
    optional({
      model: string,
      bootVersion: string,
      amssVersion: string,
      skuId: string,
      packageId: string,
      carrierId: string,
      priVersion: string,
      carrier: string,
      configVersion: string
    })
  ),
  of(Sierra.SwiGetUsbComposition, nothing, optional({ current: u8, supported: Arbitrary.array(u8) })),
  of(Sierra.SwiSetUsbComposition, Arbitrary.all({ composition: u8 }), nothing),

  of(Foxconn.HpChangeDeviceMode, Arbitrary.all({ mode: choice({ fastboot: 5 }, 1) }), nothing),
  of(Foxconn.FoxconnGetFirmwareVersion, Arbitrary.all({ type: versionType }), optional({ version: string })),
  of(Foxconn.SetFccAuthentication, nothing, nothing),
  of(
    Foxconn.FoxconnChangeDeviceMode,
    Arbitrary.all({ mode: choice({ "fastboot-online": 5, "fastboot-ota": 10 }, 1) }),
    nothing
  ),
  of(Foxconn.FoxconnSetFccAuthentication, Arbitrary.all({ magic: u8 }), nothing),
  of(Foxconn.FoxconnSetFccAuthenticationV2, Arbitrary.all({ magicString: string, magicNumber: u8 }), nothing),
  of(Foxconn.FoxGetFirmwareVersion, Arbitrary.all({ type: versionType }), optional({ version: string })),
  of(Foxconn.FoxSetFccAuthentication, Arbitrary.all({ magicString: string, magicNumber: u8 }), nothing),

  of(
    Telit.GasSetUsbComposition,
    both(Arbitrary.all({ composition: u32 }), optional({ endpoint, persist: u8, immediate: u8, reboot: u8 })),
    nothing
  ),
  of(
    Telit.GasGetUsbComposition,
    nothing,
    optional({ composition: u32, endpoint, persist: u8, immediate: u8, reboot: u8 })
  ),
  of(Telit.GasSetActiveFirmware, optional({ carrier: string, slot: u8, version: string }), nothing),
  of(
    Telit.GasGetFirmwareList,
    both(
      Arbitrary.all({ mode: choice({ active: 0, all: 1, specific: 2 }, 3) }),
      optional({ slot: u8, name: string, version: string })
    ),
    optional({
      mode: choice({ active: 0, all: 1, specific: 2 }, 3),
      slot1: slot,
      slot2: slot,
      slot3: slot,
      slot4: slot
    })
  ),
  of(
    Telit.GasSetFirmwareAutoSim,
    both(Arbitrary.all({ mode: choice(autoSim, 3) }), optional({ configId: u8 })),
    nothing
  ),
  of(
    Telit.GasGetFirmwareAutoSim,
    nothing,
    optional({ mode: choice({ ...autoSim, "one-shot-pending": 3 }, 4), configId: u8 })
  )
]
