/** Type tests: a flow in the wrong order does not compile. `tsc` proves every `@ts-expect-error`. */
import { assert, describe, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { insertAfter, insertBefore, omit, replace } from "../../src/flow/edit.ts"
import * as Flow from "../../src/flow/Flow.ts"
import { each } from "../../src/flow/nest.ts"
import { step } from "../../src/flow/Step.ts"

const base = { title: "t", risk: "none", deadline: Duration.seconds(1) } as const

const open = step({
  ...base,
  name: "open",
  run: (_: { readonly port: string }) => Effect.succeed({ opened: 1 })
})
const write = step({
  ...base,
  name: "write",
  drops: ["opened"],
  run: ({ opened }: { readonly opened: number }) => Effect.succeed({ written: opened + 1 })
})
const close = step({
  ...base,
  name: "close",
  drops: ["written"],
  run: ({ written }: { readonly written: number }) => Effect.succeed({ closed: written * 10 })
})
const report = step({
  ...base,
  name: "report",
  run: ({ closed }: { readonly closed: number }) => Effect.succeed({ report: `${String(closed)}` })
})
const park = step({ ...base, name: "park", run: (_: {}) => Effect.succeed({ parked: true }) })

const start = Flow.make<{ readonly port: string }>("demo")
const flow = start(open, write, close, report)

describe("flow/Flow", () => {
  it.effect("runs the steps in order and carries what they yield", () =>
    Effect.gen(function* () {
      const state = yield* Flow.run(flow, { port: "x" })
      assert.deepStrictEqual(state, { port: "x", closed: 20, report: "20" })
      const text: string = state.report
      assert.strictEqual(text, "20")
      // @ts-expect-error written was used up by close
      assert.isUndefined(state.written)
    })
  )

  it("does not compile with a step before the one it needs", () => {
    // @ts-expect-error write before open
    start(write, open, close)
    // @ts-expect-error close without write
    start(open, close)
    // @ts-expect-error opened is used up by the first write
    start(open, write, write)
  })

  it.effect("lets an integrator insert, replace and omit steps", () =>
    Effect.gen(function* () {
      const shout = step({
        ...base,
        name: "report",
        run: ({ closed, parked }: { readonly closed: number; readonly parked: boolean }) =>
          Effect.succeed({ report: `${String(closed)}, parked: ${String(parked)}` })
      })
      const edited = flow.pipe(insertBefore("close", park), replace("report", shout))
      assert.deepStrictEqual(
        Flow.inspect(edited).map(({ name }) => name),
        ["open", "write", "park", "close", "report"]
      )
      assert.strictEqual((yield* Flow.run(edited, { port: "x" })).report, "20, parked: true")
      const short = flow.pipe(omit("report"), insertAfter("close", park))
      assert.strictEqual((yield* Flow.run(short, { port: "x" })).parked, true)
    })
  )

  it("does not compile with an edit that breaks a later step", () => {
    // @ts-expect-error write needs what open yields
    flow.pipe(omit("open"))
    // @ts-expect-error there is no such step
    flow.pipe(omit("opne"))
    // @ts-expect-error report stands before anything was closed
    flow.pipe(insertBefore("close", report))
    // @ts-expect-error a replacement must yield what later steps need
    flow.pipe(replace("write", park))
  })

  it.effect("repeats an inner flow for each item and shows it before it runs", () =>
    Effect.gen(function* () {
      const double = step({
        ...base,
        name: "double",
        risk: "writes-flash",
        run: ({ item }: { readonly item: number }) => Effect.succeed({ doubled: item * 2 })
      })
      const all = each({
        name: "all",
        title: "each number",
        over: (state: { readonly numbers: ReadonlyArray<number> }) => state.numbers,
        flow: Flow.make<{ readonly numbers: ReadonlyArray<number>; readonly item: number }>("one")(double),
        collect: (state) => state.doubled,
        as: "results"
      })
      const outer = Flow.make<{ readonly numbers: ReadonlyArray<number> }>("outer")(all)
      const seen: Array<string> = []
      const state = yield* Flow.run(outer, { numbers: [1, 2] }, (info, _state, effect) => {
        seen.push(info.name)
        return effect
      })
      assert.deepStrictEqual(state.results, [2, 4])
      assert.deepStrictEqual(seen, ["all", "double", "double"])
      assert.strictEqual(all.risk, "writes-flash")
      assert.strictEqual(all.inside[0]?.name, "double")
    })
  )
})
