/** The AT port of a simulated modem (at.md): one command after the other, replies byte for byte as printed there. */
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import { AtCommandReader } from "../../protocol/at/AtCommandReader.ts"
import { formatReply, formatUnsolicited } from "../../protocol/at/framing.ts"
import type { AtFinal } from "../../protocol/at/framing.ts"
import { isHang } from "../Core.ts"
import type { Core } from "../Core.ts"
import { find } from "../faults.ts"
import type { AtCommandName, Model } from "../models/Model.ts"
import type { ModemState } from "../ModemState.ts"
import { concat } from "../Port.ts"
import type { Port } from "../Port.ts"
import { basicCommands, enterCnd } from "./basic.ts"
import { parseCommand } from "./command.ts"
import type { AtHandler, AtOutcome, ParsedCommand } from "./command.ts"
import { imageCommands } from "./images.ts"
import { settingsCommands } from "./settings.ts"

/** Every family has these without being asked in the table of at.md §6. */
const everywhere = (name: string): boolean =>
  !name.startsWith("!") || name === "!ENTERCND" || name === "!RESET" || name === "!HWID"

const handlerOf = (model: Model, name: string): AtHandler | undefined =>
  everywhere(name) || model.at.commands.has(name as AtCommandName)
    ? (basicCommands.get(name) ?? imageCommands.get(name) ?? settingsCommands.get(name))
    : undefined

/** `+CME ERROR` only for `+` commands and only when asked for (at.md §1); the one text that was seen, and its number. */
const errorOf = ({ name }: ParsedCommand, { settings }: ModemState): AtFinal => {
  if (!name.startsWith("+") || settings.errorReports === 0) return { _tag: "Error" }
  return { _tag: "CmeError", text: settings.errorReports === 2 ? "operation not supported" : "4" }
}

/** Runs until the device leaves the bus. */
export const serveAt = Effect.fnUntraced(function* (core: Core, port: Port) {
  const { faults, model, now, timing } = core

  const handle = Effect.fnUntraced(function* (text: string) {
    const command = parseCommand(text)
    const here = faults({ _tag: "AtCommand", command: command?.name ?? "", form: command?.form ?? "run" })
    if (isHang(here)) return yield* Effect.never
    const { settings } = yield* core.state
    const echo = settings.echo ? { echo: text } : {}
    // What is no command is returned and otherwise ignored (V.250).
    if (command === undefined)
      return settings.echo ? yield* port.send(new TextEncoder().encode(`${text}\r`)) : undefined
    yield* core.busy(`answering ${text}`, timing.atAnswer)
    const at = yield* now
    const { running } = yield* core.state
    const { bootHoldLockedFrom } = model.at
    const needsUnlock =
      find(here, "Locked") !== undefined ||
      (command.name === "!BOOTHOLD" && bootHoldLockedFrom !== undefined && running.firmware >= bootHoldLockedFrom)
    const refused = (needsUnlock && !settings.unlocked) || find(here, "Refused") !== undefined
    const password = find(here, "Password")?.password
    const handler = refused ? undefined : password === undefined ? handlerOf(model, command.name) : enterCnd(password)
    const ignored = find(here, "Ignored") !== undefined
    const { error, outcome } = yield* core.modify((before) => {
      const result: AtOutcome = handler?.(command, before, core, at) ?? "ERROR"
      const after = result === "ERROR" || ignored ? before : (result.state ?? before)
      return [{ outcome: result, error: errorOf(command, before) }, after]
    })
    const final: AtFinal = outcome === "ERROR" ? error : { _tag: "Ok" }
    yield* core.note({ _tag: "AtCommand", at, command: text, final: final._tag })
    if (outcome !== "ERROR" && find(here, "GoneFirst") !== undefined) return yield* core.restart({ atOnce: true })
    const { lines = [], trailingBlank = false } = outcome === "ERROR" ? {} : outcome
    const reply = formatReply({ ...echo, lines, trailingBlank, final })
    const unsolicited = find(here, "Unsolicited")
    // Between the echo and the text is the worst place for it.
    const cut = settings.echo ? new TextEncoder().encode(`${text}\r`).length : 0
    yield* port.send(
      unsolicited === undefined
        ? reply
        : concat([reply.subarray(0, cut), formatUnsolicited(unsolicited.text), reply.subarray(cut)])
    )
    if (outcome !== "ERROR" && outcome.after !== undefined) yield* outcome.after
  })

  if (find(faults({ _tag: "AtOpened" }), "EchoOff") !== undefined) {
    yield* core.update((state) => ({ ...state, settings: { ...state.settings, echo: false } }))
  }
  if (core.booting) {
    yield* Effect.raceFirst(core.busy("starting the AT port", timing.atReady), Effect.forever(port.incoming))
  }
  const reader = new AtCommandReader()
  for (;;) {
    for (const command of reader.push(yield* port.incoming)) {
      if (Result.isSuccess(command)) yield* handle(command.success.text)
    }
  }
})
