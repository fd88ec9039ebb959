/** `boothold list`: the modems on the bus, with their ports; also those that are refused, with the reason. No modem at all is an answer too. */
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Queue from "effect/Queue"
import * as Modem from "../../device/Modem.ts"
import type { Found } from "../../device/Modem.ts"
import { UsbBus } from "../../device/UsbBus.ts"
import { exitCodes } from "../exit-codes.ts"
import { firmwareOf } from "../firmware.ts"
import type { ModemInput } from "../inputs.ts"
import { Interruption } from "../Interruption.ts"
import { onBus, selectorOf } from "../modem.ts"
import { foundLines } from "../render/facts.ts"
import { listReport, watchLine } from "../render/json.ts"
import type { WatchTag } from "../render/json.ts"
import { plain, styleFor } from "../render/text.ts"
import type { Style } from "../render/text.ts"
import { Screen } from "../Screen.ts"

export interface ListInput extends ModemInput {
  /** Ask each modem what it runs. */
  readonly firmware: boolean
  /** Go on, and tell who comes and goes. */
  readonly watch: boolean
}

const marks: { readonly [T in WatchTag]: string } = { Present: "=", Plugged: "+", Changed: "~", Unplugged: "-" }

const eventText = (tag: WatchTag, { modem, standing }: Found, style: Style): string => {
  const ports = modem.device.ports.map(({ name, role }) => `${name} (${role})`).join(", ")
  const more = tag === "Unplugged" ? "" : `  ${style.dim(plain(ports === "" ? "no ports" : ports))}`
  const note =
    standing._tag === "modem"
      ? ""
      : `  ${style.dim(standing._tag === "refused" ? plain(standing.why) : "ids not known")}`
  return `${marks[tag]} ${style.bold(plain(modem.label))}${more}${note}`
}

const portsOf = ({ modem }: Found): string =>
  modem.device.ports.map(({ driver, name, role }) => `${name} ${role} ${driver}`).join("\n")

/** Who is there, then everyone who comes and goes, until it is interrupted. */
const watch = Effect.fnUntraced(function* (input: ListInput) {
  const bus = yield* UsbBus
  const style = styleFor((yield* Screen).colors)
  const tell = (tag: WatchTag, found: Found) =>
    Console.log(input.json ? watchLine(tag, found) : eventText(tag, found, style))
  const selector = selectorOf(input)
  // Subscribe, then look: what happens in between is told by the queue, and known by its key.
  const changes = yield* bus.changes
  const there = new Map<string, Found>()
  for (const found of yield* Modem.survey(selector)) {
    there.set(found.modem.device.key, found)
    yield* tell("Present", found)
  }
  for (;;) {
    const { _tag, device } = yield* Queue.take(changes)
    const known = there.get(device.key)
    if (_tag === "Unplugged") {
      if (known === undefined) continue
      there.delete(device.key)
      yield* tell("Unplugged", known)
      continue
    }
    const found = Modem.foundOf(device, selector)
    if (found === undefined || (known !== undefined && portsOf(known) === portsOf(found))) continue
    there.set(device.key, found)
    yield* tell(known === undefined ? "Plugged" : "Changed", found)
  }
})

const once = Effect.fnUntraced(function* (input: ListInput) {
  const found = yield* Modem.survey(selectorOf(input))
  const firmware = input.firmware ? yield* firmwareOf(found) : []
  const style = styleFor((yield* Screen).colors)
  const list = found.map((one, index) => ({ found: one, firmware: firmware[index] }))
  if (input.json) yield* Console.log(JSON.stringify(list.map(listReport), undefined, 2))
  else if (found.length === 0) yield* Console.log("no modem found")
  else yield* Console.log(list.flatMap((one) => foundLines(one.found, style, one.firmware)).join("\n"))
  return exitCodes.ok.exit
})

export const list = Effect.fn("cli.list")(function* (input: ListInput) {
  if (!input.watch) return yield* once(input).pipe(onBus(input))
  // A signal is how it is meant to be ended.
  const { endsWith } = yield* Interruption
  return yield* watch(input).pipe(
    Effect.scoped,
    onBus(input),
    Effect.onInterrupt(() => Effect.sync(() => endsWith(exitCodes.ok.exit)))
  )
})
