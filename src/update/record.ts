/** The beginning of a run's record: what is certain before the first step. */
import * as Effect from "effect/Effect"
import * as Ref from "effect/Ref"
import { vidPid } from "../device/Modem.ts"
import type { ImageSet } from "../image/ImageSet.ts"
import { emit } from "./events.ts"
import { Journal } from "./Journal.ts"
import type { RunStart } from "./Journal.ts"
import { Run } from "./Run.ts"
import type { RunInput } from "./RunInput.ts"

const present = <K extends string>(key: K, value: string | undefined): { readonly [P in K]?: string } =>
  value === undefined ? {} : ({ [key]: value } as { readonly [P in K]: string })

const versionsOf = ({ values }: ImageSet["images"][number]) => ({
  ...present("firmware", values.firmware.value),
  ...present("config", values.config.value),
  ...present("carrier", values.carrier.value)
})

const startOf = (
  flow: string,
  { deletes, evictions = [], facts, family, images, modem, options, wanted }: RunInput
): RunStart => ({
  flow,
  family: family.id,
  modem: { label: modem.label, mode: modem.mode, vidPid: vidPid(modem.device), ...modem.identity },
  images: images.map(({ image, source }) => ({
    path: source.path,
    name: image.name,
    role: image.role,
    bytes: image.size,
    sha256: image.sha256,
    ...versionsOf(image)
  })),
  wanted: {
    ...present("firmware", wanted.firmware),
    ...(wanted.preference === undefined ? {} : { preference: wanted.preference })
  },
  options: {
    overrideDownload: options.overrideDownload,
    skipValidation: options.skipValidation,
    rollbackOnFailure: options.rollbackOnFailure,
    ...(options.modemStorageIndex === undefined ? {} : { modemStorageIndex: options.modemStorageIndex })
  },
  ...(deletes === undefined ? {} : { deletes }),
  ...(evictions.length === 0 ? {} : { evictions }),
  ...(facts === undefined ? {} : { facts })
})

/** Begins the record of this run, until the scope ends. */
export const record = Effect.fn("Journal.record")(function* (flow: string, input: RunInput) {
  const journal = yield* Journal
  if (journal === undefined) return
  const { record } = yield* Run
  const begun = yield* journal(startOf(flow, input))
  yield* Ref.set(record, begun)
  for (const detail of begun.warnings) yield* emit({ _tag: "Warning", step: "start", detail })
})
