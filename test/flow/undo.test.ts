/** What a flow has begun is taken back when it fails: by its steps' own compensations, the latest first. */
import { assert, describe, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Schema from "effect/Schema"
import * as Flow from "../../src/flow/index.ts"
import type { Around, AroundUndo } from "../../src/flow/index.ts"

class Broken extends Schema.TaggedError<Broken>()("Broken", { what: Schema.String }) {}

const bare: Around = (_info, _state, effect) => effect

interface Start {
  readonly said: Array<string>
}

/** A step that says that it ran, and that it was taken back. */
const saying = <const Name extends string>(name: Name, how: "done" | "fails" | "hangs" = "done") =>
  Flow.withUndo(
    Flow.step({
      name,
      title: name,
      risk: "none",
      deadline: Duration.seconds(1),
      run: ({ said }: Start) =>
        Effect.gen(function* () {
          said.push(name)
          yield* Effect.addFinalizer(() => Effect.sync(() => void said.push(`${name} let go`)))
          if (how === "hangs") return yield* Effect.never
          if (how === "fails") return yield* new Broken({ what: name })
          return { [name]: true } as { readonly [N in Name]: true }
        })
    }),
    {
      title: `take ${name} back`,
      deadline: Duration.seconds(5),
      run: ({ said }: Start) => Effect.sync(() => void said.push(`${name} back`))
    }
  )

const plain = <const Name extends string>(name: Name) =>
  Flow.step({
    name,
    title: name,
    risk: "none",
    deadline: Duration.seconds(1),
    run: ({ said }: Start) =>
      Effect.as(
        Effect.sync(() => void said.push(name)),
        {}
      )
  })

const letGo = (said: ReadonlyArray<string>): ReadonlyArray<string> => said.filter((text) => !text.endsWith("let go"))

describe("a flow that fails", () => {
  it.effect("takes back what it has begun, the latest first, the failed step too, and fails as it failed", () =>
    Effect.gen(function* () {
      const said: Array<string> = []
      const flow = Flow.make<Start>("f")(saying("a"), plain("b"), saying("c"), saying("d", "fails"), saying("e"))
      const error = yield* Effect.flip(Flow.runOrUndo(flow, { said }, bare))
      assert.deepStrictEqual(error, new Broken({ what: "d" }))
      assert.deepStrictEqual(letGo(said), ["a", "b", "c", "d", "d back", "c back", "a back"])
    })
  )

  it.effect("lets go of what its steps hold before it takes anything back: a compensation may need the same port", () =>
    Effect.gen(function* () {
      const said: Array<string> = []
      const flow = Flow.make<Start>("f")(saying("a"), saying("b", "fails"))
      yield* Effect.flip(Flow.runOrUndo(flow, { said }, bare))
      assert.deepStrictEqual(said, ["a", "b", "b let go", "a let go", "b back", "a back"])
    })
  )

  it.effect("takes back steps inside of others, also those whose loop came to its end", () =>
    Effect.gen(function* () {
      const said: Array<string> = []
      const loop = Flow.each({
        name: "loop",
        title: "for each",
        over: (_: Start) => [1, 2],
        flow: Flow.make<Start & { readonly item: number }>("one")(saying("inner")),
        collect: () => 0,
        as: "all"
      })
      const flow = Flow.make<Start>("f")(loop, saying("last", "fails"))
      yield* Effect.flip(Flow.runOrUndo(flow, { said }, bare))
      assert.deepStrictEqual(letGo(said), ["inner", "inner", "last", "last back", "inner back", "inner back"])
    })
  )

  it.effect("goes on taking back where a compensation fails, and still fails as it failed", () =>
    Effect.gen(function* () {
      const said: Array<string> = []
      const stuck = Flow.withUndo(saying("stuck"), {
        title: "take it back",
        deadline: Duration.seconds(1),
        run: () => Effect.fail(new Broken({ what: "undo" }))
      })
      const told: Array<string> = []
      const undoing: AroundUndo = (info, effect, cause) =>
        Effect.tapError(effect, (error) =>
          Effect.sync(() => void told.push(`${info.name}: ${String(error)} after ${String(cause)}`))
        )
      const flow = Flow.make<Start>("f")(saying("a"), stuck, saying("b", "fails"))
      const error = yield* Effect.flip(Flow.runOrUndo(flow, { said }, bare, undoing))
      assert.deepStrictEqual(error, new Broken({ what: "b" }))
      assert.deepStrictEqual(letGo(said).slice(3), ["b back", "a back"])
      assert.lengthOf(told, 1)
      assert.match(told[0] ?? "", /^stuck: .*Broken.* after .*Broken/)
    })
  )
})

describe("a flow that does not fail", () => {
  it.effect("takes nothing back where it comes to its end", () =>
    Effect.gen(function* () {
      const said: Array<string> = []
      const state = yield* Flow.runOrUndo(Flow.make<Start>("f")(saying("a"), saying("b")), { said }, bare)
      assert.deepStrictEqual([state.a, state.b], [true, true])
      assert.deepStrictEqual(letGo(said), ["a", "b"])
    })
  )

  it.effect("takes nothing back where it is interrupted: whoever interrupts does not want to wait", () =>
    Effect.gen(function* () {
      const said: Array<string> = []
      const flow = Flow.make<Start>("f")(saying("a"), saying("b", "hangs"))
      const fiber = yield* Effect.forkChild(Flow.runOrUndo(flow, { said }, bare), { startImmediately: true })
      yield* Fiber.interrupt(fiber)
      assert.isTrue(Exit.hasInterrupts(yield* Fiber.await(fiber)))
      assert.deepStrictEqual(letGo(said), ["a", "b"])
    })
  )
})

describe("a compensation", () => {
  it("is part of the flow as a value: shown before it runs, kept by edits, replaced by whoever wants another", () => {
    const flow = Flow.make<Start>("f")(saying("a"), plain("b"))
    const titles = (steps: ReadonlyArray<Flow.StepInfo>) => steps.map(({ undo }) => undo?.title)
    assert.deepStrictEqual(titles(Flow.inspect(flow)), ["take a back", undefined])
    assert.deepStrictEqual(titles(Flow.inspect(flow.pipe(Flow.insertBefore("b", plain("c"))))), [
      "take a back",
      undefined,
      undefined
    ])
    const other = Flow.withUndo(saying("a"), { title: "otherwise", deadline: Duration.zero, run: () => Effect.void })
    assert.deepStrictEqual(titles(Flow.inspect(flow.pipe(Flow.replace("a", other)))), ["otherwise", undefined])
  })

  it("asks in its type for what it needs: a flow that does not have it does not compile", () => {
    const needs = Flow.withUndo(plain("b"), {
      title: "with the old one",
      deadline: Duration.zero,
      run: (_: { readonly old: string }) => Effect.void
    })
    // @ts-expect-error nothing yields `old`
    Flow.make<Start>("f")(needs)
    Flow.make<Start & { readonly old: string }>("f")(needs)
  })
})
