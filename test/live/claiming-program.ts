/** `node claiming-program.ts ROOTS ADDRESS`: claims the modem that is there, and waits to be ended. */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as Effect from "effect/Effect"
import { UsbBus } from "../../src/device/UsbBus.ts"
import { layer, Roots, SystemBusAddress } from "../../src/live/index.ts"

const [roots = "", address = ""] = process.argv.slice(2)

const program = Effect.gen(function* () {
  const bus = yield* UsbBus
  const [device] = yield* bus.devices
  if (device !== undefined) yield* bus.claim(device)
  return yield* Effect.never
}).pipe(
  Effect.scoped,
  Effect.provide(layer),
  Effect.provideService(SystemBusAddress, address),
  Effect.provideService(Roots, JSON.parse(roots) as Roots)
)

NodeRuntime.runMain(program)
