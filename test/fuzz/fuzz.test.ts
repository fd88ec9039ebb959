/** A short run of every target, the same each time: the kept corpus, and mutations of it. `npm run fuzz` is the long one. */
import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import { loadCorpus } from "./corpus.ts"
import { fuzz } from "./engine.ts"
import type { Report } from "./engine.ts"
import { hold } from "./invariants.ts"
import type { Target } from "./Target.ts"
import { targets } from "./targets/index.ts"

/** Beyond the corpus, per target; fewer where files are written for each. */
const mutations = ({ onDisk }: Target): number => (onDisk === true ? 20 : 150)

const { stackTraceLimit } = Error
beforeAll(() => {
  // Errors are made by the thousand and their stacks never read.
  Error.stackTraceLimit = 0
})
afterAll(() => {
  Error.stackTraceLimit = stackTraceLimit
})

describe("hostile bytes neither break a parser nor what must hold", () => {
  for (const target of targets) {
    it(target.name, async () => {
      const corpus = loadCorpus(target.name)
      assert.isAbove(corpus.length, 0, "the corpus of a long run is kept")
      const inputs = corpus.length + [...target.seeds()].length + mutations(target)
      const report = await fuzz(target, { inputs, seed: 1, corpus })
      assert.isAtLeast(report.inputs, mutations(target))
      assert.deepStrictEqual(
        report.findings.map(({ detail, input, kind }) => ({ kind, detail, input: Buffer.from(input).toString("hex") })),
        []
      )
    })
  }
})

describe("the harness finds", () => {
  const seek = (target: Omit<Target, "name">, inputs = 3000): Promise<Report> =>
    fuzz({ name: "broken", ...target }, { inputs, seed: 1, corpus: [], findings: 1 })
  const seeds = () => [Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8)]

  it("an input that makes a parser throw, and cuts it down to what it takes", async () => {
    const { findings } = await seek({
      seeds,
      run: (input) => {
        if (input.includes(0x7e)) new DataView(input.buffer, 0, 0).getUint8(0)
      }
    })
    assert.deepStrictEqual(
      findings.map(({ input }) => [...input]),
      [[0x7e]]
    )
    assert.include(findings[0]?.kind, "RangeError")
  })

  it("an input for which something does not hold", async () => {
    const { findings } = await seek({ seeds, run: (input) => hold("fewer than ten", input.length < 10) })
    assert.strictEqual(findings[0]?.input.length, 10)
  })

  it("an input that allocates what a length field says", async () => {
    const kept: Array<Uint8Array> = []
    const { findings } = await seek({
      seeds,
      run: (input) => {
        kept.length = 0
        kept.push(new Uint8Array((input[1] ?? 0) * 0x40000))
      }
    })
    assert.deepStrictEqual(
      findings.map(({ kind }) => kind),
      ["memory"]
    )
  })

  it("an input for which the work is not linear", async () => {
    const { findings } = await seek({
      seeds,
      longest: 512,
      millis: 5,
      run: (input) => {
        let sum = 0
        for (let i = 0; i < input.length ** 2; i++) for (let j = 0; j < 200; j++) sum ^= input[j % 7] ?? 0
        hold("a sum is a number", sum >= 0)
      }
    })
    assert.deepStrictEqual(
      findings.map(({ kind }) => kind),
      ["time"]
    )
  })

  it("the same with the same seed", async () => {
    const inputs: Array<Array<string>> = []
    for (let i = 0; i < 2; i++) {
      const seen: Array<string> = []
      await seek({ seeds, run: (input) => void seen.push(Buffer.from(input).toString("hex")) }, 200)
      inputs.push(seen)
    }
    // Without those that were run again to see how long they take.
    assert.deepStrictEqual(new Set(inputs[0]), new Set(inputs[1]))
    assert.isAbove(new Set(inputs[0]).size, 100)
  })
})
