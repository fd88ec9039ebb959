/** Arbitrary trees of CWE parts, for properties. */
import * as Arbitrary from "effect/Arbitrary"
import * as Schema from "effect/Schema"
import type { PartSpec } from "../../src/image/builder.ts"
import { seededBytes } from "../../src/image/builder.ts"

const Seed = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 0x7fffffff }))
const Leaf = Schema.Struct({
  type: Schema.Literals(["BOOT", "MODM", "APPL", "FILE", "NVUP", "USER"]),
  product: Schema.String.check(Schema.isPattern(/^[!-~]{1,4}$/)),
  // No underscore, so that no versions come up that contradict each other.
  version: Schema.String.check(Schema.isPattern(/^[ -^`-~]{0,84}$/)),
  revision: Seed,
  compatibility: Seed,
  miscOptions: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 255 })),
  bytes: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 1500 })),
  seed: Seed
})

/** Trees with up to `levels` levels below the outermost part. */
export const partTree = (levels: number): Arbitrary.Arbitrary<PartSpec> => {
  const leaf = Arbitrary.schema(Leaf).pipe(
    Arbitrary.map(({ bytes, seed, ...fields }): PartSpec => ({ ...fields, payload: seededBytes(bytes, seed) }))
  )
  if (levels === 0) return leaf
  const inner = Arbitrary.all({ own: leaf, children: Arbitrary.array(partTree(levels - 1), { maxLength: 3 }) })
  return inner.pipe(Arbitrary.map(({ children, own }): PartSpec => ({ ...own, children })))
}
