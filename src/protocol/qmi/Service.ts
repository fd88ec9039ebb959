/** QMI services. Source: qmi.md §8, last paragraph. */
export const Service = {
  CTL: 0x00,
  WDS: 0x01,
  DMS: 0x02,
  NAS: 0x03,
  QOS: 0x04,
  WMS: 0x05,
  PDS: 0x06,
  AUTH: 0x07,
  AT: 0x08,
  VOICE: 0x09,
  CAT2: 0x0a,
  UIM: 0x0b,
  PBM: 0x0c,
  LOC: 0x10,
  SAR: 0x11,
  IMS: 0x12,
  WDA: 0x1a,
  PDC: 0x24,
  DSD: 0x2a,
  DPM: 0x2f,
  CAT: 0xe0,
  RMS: 0xe1,
  OMA: 0xe2,
  FOX: 0xe3,
  FOTA: 0xe6,
  GMS: 0xe7,
  GAS: 0xe8,
  ATR: 0xed
} as const

const names = new Map<number, string>(Object.entries(Service).map(([name, service]) => [service, name]))

/** `DMS`, or `service 0x42` for one that the document does not name. */
export const serviceName = (service: number): string =>
  names.get(service) ?? `service 0x${service.toString(16).padStart(2, "0")}`
