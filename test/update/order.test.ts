/** Type tests on the real steps: an update in the wrong order does not compile. `tsc` proves every `@ts-expect-error`. */
import { assert, describe, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { swi9200 } from "../../src/device/families/swi9200.ts"
import { swi9x30 } from "../../src/device/families/swi9x30.ts"
import * as Flow from "../../src/flow/index.ts"
import { preferenceFamily } from "../../src/update/FamilyFlow.ts"
import * as Flows from "../../src/update/flows.ts"
import type { Delivery } from "../../src/update/steps/index.ts"
import * as Steps from "../../src/update/steps/index.ts"
import type { QdlSession } from "../../src/session/QdlSession.ts"
import type { OpenedImage } from "../../src/file/Image.ts"

interface OneImage {
  readonly qdl: QdlSession
  readonly switched: unknown
  readonly checked: unknown
  readonly images: ReadonlyArray<OpenedImage>
  readonly item: OpenedImage
}
const image = Flow.make<OneImage>("image")
const hello = Steps.hello(swi9x30)

describe("the order of an update", () => {
  it("is proven for one image: hello, open, write, close", () => {
    assert.strictEqual(image(hello, Steps.openImage, Steps.writeImage, Steps.closeImage).steps.length, 4)
    // @ts-expect-error write before open
    image(hello, Steps.writeImage, Steps.openImage, Steps.closeImage)
    // @ts-expect-error open before hello
    image(Steps.openImage, hello, Steps.writeImage, Steps.closeImage)
    // @ts-expect-error close without write
    image(hello, Steps.openImage, Steps.closeImage)
    // @ts-expect-error what was opened is used up by writing it
    image(hello, Steps.openImage, Steps.writeImage, Steps.writeImage)
    // @ts-expect-error a second open needs a second hello
    image(hello, Steps.openImage, Steps.openImage, Steps.writeImage)
    // @ts-expect-error reset before close: nothing was transferred yet
    image(hello, Steps.openImage, Steps.writeImage, Steps.resetModem)
  })

  it("is proven for the whole: nothing is written before the check that licenses it", () => {
    const start = Flow.make<Delivery<"preference">>("update")
    // @ts-expect-error the preference before the check
    start(Steps.openControl, Steps.identifyWithPreference, Steps.setPreference)
    // @ts-expect-error the preference before the modem was asked
    start(Steps.openControl, Steps.checkAgainstModem, Steps.setPreference)
    // @ts-expect-error a restart before the preference
    start(Steps.openControl, Steps.identifyWithPreference, Steps.checkAgainstModem, Steps.restart)
    const verify = Steps.verifyPreference(swi9x30)
    const { identifyWithPreference: identify, openControl: open, restart, setPreference: set } = Steps
    // @ts-expect-error the control port is gone after the restart
    start(open, identify, Steps.checkAgainstModem, set, restart, verify)
    const held = Flow.make<Delivery<"boot-and-hold">>("update")
    // @ts-expect-error boot-and-hold before the check
    held(Steps.openControl, Steps.identify, Steps.enterBootAndHold)
  })

  it("is proven for the family: a 9200 cannot be given a preference", () => {
    const start = Flow.make<Delivery<"boot-and-hold">>("update")
    // @ts-expect-error the 9200 has no preference to be asked for
    start(Steps.openControl, Steps.identifyWithPreference)
    // @ts-expect-error nor one to be set
    start(Steps.openControl, Steps.identify, Steps.checkAgainstModem, Steps.setPreference)
    // @ts-expect-error and no flow of the other kind
    Flows.preferenceFlow(swi9200)
    // @ts-expect-error nor is it registered as one
    preferenceFamily(swi9200, Flows.preferenceFlow(swi9x30))
  })

  it("is kept by edits", () => {
    const flow = Flows.preferenceFlow(swi9x30)
    assert.strictEqual(flow.pipe(Flow.omit("release")).steps.length, flow.steps.length - 1)
    // @ts-expect-error without the check the preference has no licence
    flow.pipe(Flow.omit("check"))
    // @ts-expect-error without the restart nothing is watched
    flow.pipe(Flow.omit("restart"))
  })
})

describe("a flow can be inspected before it runs", () => {
  it("shows names, risks and deadlines of all steps, inner ones too", () => {
    const steps = Flow.inspect(Flows.preferenceFlow(swi9x30))
    assert.deepStrictEqual(
      steps.map(({ name, risk }) => [name, risk]),
      [
        ["open-control", "reads"],
        ["identify", "reads"],
        ["check", "none"],
        ["snapshot-settings", "reads"],
        ["set-preference", "changes-preference"],
        ["restart", "reboots"],
        ["download", "writes-flash"],
        ["wait-for-boot", "none"],
        ["verify", "reads"],
        ["compare-settings", "reads"],
        ["release", "none"]
      ]
    )
    const download = steps.find(({ name }) => name === "download")
    assert.strictEqual(download?.repeats, "choice")
    const transfer = download?.inside.find(({ name }) => name === "transfer")
    assert.strictEqual(transfer?.repeats, "each")
    assert.deepStrictEqual(
      transfer?.inside.map(({ name, repeats, times }) => [name, repeats, times]),
      [["image", "retry", 3]]
    )
    const [image] = transfer?.inside ?? []
    assert.deepStrictEqual(
      image?.inside.map(({ name }) => name),
      ["hello", "open", "write", "close"]
    )
  })
})

describe("a flow without validation", () => {
  it("is the given flow up to the boot: a step that was inserted stays", () => {
    const park = Flow.step({
      name: "park",
      title: "park the vehicle",
      risk: "none",
      deadline: Duration.minutes(1),
      run: () => Effect.succeed({ parked: true })
    })
    const edited = Flows.preferenceFlow(swi9x30).pipe(Flow.insertBefore("restart", park))
    const { updateWithoutValidation } = preferenceFamily(swi9x30, edited)
    assert.deepStrictEqual(
      updateWithoutValidation.steps.map(({ name }) => name),
      [
        "open-control",
        "identify",
        "check",
        "snapshot-settings",
        "set-preference",
        "park",
        "restart",
        "download",
        "wait-for-boot"
      ]
    )
  })
})
