/** Two tools on the same modem with the same images: every difference in what they said to it, and whether it is allowed. */
import * as Schema from "effect/Schema"
import type { Message } from "./conversation.ts"

export const differenceKinds = ["only ours", "only theirs", "other bytes", "other order"] as const

export interface Difference {
  readonly kind: (typeof differenceKinds)[number]
  readonly place: string
  readonly port: string
  readonly name: string
  readonly ours?: string
  readonly theirs?: string
}

/** One licence: which differences, why, and where the protocol documents say that it does no harm. */
export const Allowed = Schema.Struct({
  id: Schema.String,
  port: Schema.Literals(["download", "control", "at"]),
  kind: Schema.Literals(differenceKinds),
  /** Names of messages. */
  names: Schema.Array(Schema.String),
  /** Only where the bytes of ours, or of theirs, match these expressions. */
  ours: Schema.optionalKey(Schema.String),
  theirs: Schema.optionalKey(Schema.String),
  /** At most so many in one run of both tools; the next one is forbidden. */
  times: Schema.Int,
  why: Schema.String,
  /** Document and section. */
  source: Schema.String
})
export type Allowed = typeof Allowed.Type

export const AllowedDifferences = Schema.Struct({
  /** Numbers that never enter the comparison, as each host picks its own. */
  freeNumbers: Schema.Array(Schema.Struct({ what: Schema.String, why: Schema.String, source: Schema.String })),
  allowed: Schema.Array(Allowed)
})
export type AllowedDifferences = typeof AllowedDifferences.Type

type Pair = readonly [theirs: Message | undefined, ours: Message | undefined]

/** Longest common sequence of names: what both said, in the same order. */
const align = (theirs: ReadonlyArray<Message>, ours: ReadonlyArray<Message>): ReadonlyArray<Pair> => {
  const width = ours.length + 1
  const lengths = new Uint32Array((theirs.length + 1) * width)
  const at = (i: number, j: number): number => lengths[i * width + j] ?? 0
  for (let i = theirs.length - 1; i >= 0; i--) {
    for (let j = ours.length - 1; j >= 0; j--) {
      lengths[i * width + j] =
        theirs[i]?.name === ours[j]?.name ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1))
    }
  }
  const pairs: Array<Pair> = []
  let i = 0
  let j = 0
  while (i < theirs.length || j < ours.length) {
    if (i < theirs.length && j < ours.length && theirs[i]?.name === ours[j]?.name) pairs.push([theirs[i++], ours[j++]])
    else if (j >= ours.length || (i < theirs.length && at(i + 1, j) >= at(i, j + 1)))
      pairs.push([theirs[i++], undefined])
    else pairs.push([undefined, ours[j++]])
  }
  return pairs
}

const comparePlace = (theirs: ReadonlyArray<Message>, ours: ReadonlyArray<Message>): ReadonlyArray<Difference> => {
  const pairs = align(theirs, ours)
  const left = pairs.flatMap(([a, b]) => (a !== undefined && b === undefined ? [a] : []))
  const differences: Array<Difference> = []
  for (const [a, b] of pairs) {
    if (a !== undefined && b !== undefined) {
      const { name, place, port } = a
      if (a.bytes !== b.bytes) {
        differences.push({ kind: "other bytes", place, port, name, ours: b.bytes, theirs: a.bytes })
      }
    } else if (b !== undefined) {
      const { bytes, name, place, port } = b
      const twin = left.findIndex((other) => other.name === name && other.bytes === bytes)
      if (twin === -1) differences.push({ kind: "only ours", place, port, name, ours: bytes })
      else {
        left.splice(twin, 1)
        differences.push({ kind: "other order", place, port, name, ours: bytes, theirs: bytes })
      }
    }
  }
  return [
    ...differences,
    ...left.map(({ bytes, name, place, port }): Difference => ({
      kind: "only theirs",
      place,
      port,
      name,
      theirs: bytes
    }))
  ]
}

/** All differences, place by place. */
export const compare = (theirs: ReadonlyArray<Message>, ours: ReadonlyArray<Message>): ReadonlyArray<Difference> =>
  [...new Set([...theirs, ...ours].map(({ place }) => place))].flatMap((place) =>
    comparePlace(
      theirs.filter((message) => message.place === place),
      ours.filter((message) => message.place === place)
    )
  )

const fits = (pattern: string | undefined, bytes: string | undefined): boolean =>
  pattern === undefined || (bytes !== undefined && new RegExp(pattern).test(bytes))

const licenses = (difference: Difference, allowed: Allowed): boolean =>
  allowed.port === difference.port &&
  allowed.kind === difference.kind &&
  allowed.names.includes(difference.name) &&
  fits(allowed.ours, difference.ours) &&
  fits(allowed.theirs, difference.theirs)

export interface Verdict {
  readonly forbidden: ReadonlyArray<Difference>
  /** Ids of the licences that were needed, with how often. */
  readonly used: ReadonlyMap<string, number>
}

export const judge = (differences: ReadonlyArray<Difference>, allowed: ReadonlyArray<Allowed>): Verdict => {
  const used = new Map<string, number>()
  const forbidden = differences.filter((difference) => {
    const licence = allowed.find((one) => licenses(difference, one) && (used.get(one.id) ?? 0) < one.times)
    if (licence !== undefined) used.set(licence.id, (used.get(licence.id) ?? 0) + 1)
    return licence === undefined
  })
  return { forbidden, used }
}

export const differenceText = ({ kind, name, ours, place, theirs }: Difference): string =>
  `${place}: ${name}: ${kind}` +
  (kind === "other bytes" ? ` (ours ${ours ?? ""}, theirs ${theirs ?? ""})` : ` (${ours ?? theirs ?? ""})`)
