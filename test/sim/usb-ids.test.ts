/** Simulated modules under the ids of the device table: both modes are those of the row. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { familiesOfDevice } from "../../src/device/families/families.ts"
import * as Sim from "../../src/sim/index.ts"

const hex4 = (id: number): string => id.toString(16).padStart(4, "0")

describe("USB ids of a simulated modem", () => {
  it("are those of every row of its family with a known boot id", () => {
    assert.includeMembers([...Sim.usbIdsOf(Sim.models.em7455)], ["1199:9071", "1199:9079", "1199:907b", "413c:81b6"])
    assert.includeMembers([...Sim.usbIdsOf(Sim.models.mc7354)], ["1199:68c0", "1199:9041", "1199:9063", "1199:901f"])
    assert.includeMembers([...Sim.usbIdsOf(Sim.models.mc7710)], ["1199:68a2", "0f3d:68a2", "114f:68a2"])
    // 413c:81c2: no source tells what it is in boot-and-hold.
    assert.notInclude([...Sim.usbIdsOf(Sim.models.em7455)], "413c:81c2")
  })

  it("lead to the boot-and-hold id of the row", () => {
    const dell = Sim.withUsbId(Sim.models.em7455, "413C:81B6")
    assert.deepStrictEqual([dell?.vendorId, dell?.productId, dell?.bootProductId], [0x413c, 0x81b6, 0x81b5])
    assert.strictEqual(Sim.withUsbId(Sim.models.em7455, "1199:68a2"), undefined)
    assert.strictEqual(Sim.withUsbId(Sim.models.em7455, "413c:81b5"), undefined)
  })

  it.effect("are shown on the bus in both modes, and known there as the same family", () =>
    Effect.gen(function* () {
      for (const model of Object.values(Sim.models)) {
        for (const id of Sim.usbIdsOf(model)) {
          const named = Sim.withUsbId(model, id)
          assert(named !== undefined)
          for (const mode of ["application", "boot-and-hold"] as const) {
            const modem = yield* Sim.make(Sim.setup(named, { mode }))
            const shown = yield* modem.attachment
            assert(shown !== undefined)
            const productId = mode === "application" ? named.productId : named.bootProductId
            assert.strictEqual(
              `${hex4(shown.vendorId)}:${hex4(shown.productId)}`,
              `${hex4(named.vendorId)}:${hex4(productId)}`
            )
            const device = { ...shown, key: "1", ports: [] }
            assert.include(
              familiesOfDevice(device).map(({ id: family }) => family),
              model.family,
              `${id} in ${mode}`
            )
          }
        }
      }
    }).pipe(Effect.scoped)
  )
})
