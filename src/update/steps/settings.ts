/**
 * What the modem's owner has set, read before the first write and compared after the update (failures.md rank 16). A
 * difference is told, and never a failure: the firmware is as wanted, and what is lost can be set again.
 */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type { Modem } from "../../device/Modem.ts"
import type { UsbBus } from "../../device/UsbBus.ts"
import { step } from "../../flow/Step.ts"
import type { ModemFacts } from "../../plan/facts.ts"
import { diffSettings } from "../../plan/settings.ts"
import type { Settings, SettingsDiff } from "../../plan/settings.ts"
import type { AtSession } from "../../session/AtSession.ts"
import type { QmiSession } from "../../session/QmiSession.ts"
import { emit } from "../events.ts"
import { readSettings, readSettingsByAt } from "../read-settings.ts"
import type { Validated } from "./boot.ts"
import type { Checked } from "./check.ts"

/** Far above what reading takes at most (read-settings.ts): its end would be the run's. */
const deadline = Duration.seconds(30)

const snapshotTitle = "read the modem's settings: USB composition, bands, APNs and the like"
const compareTitle = "read the modem's settings again, and compare them with those from before"

const snapshot = Effect.fnUntraced(function* (read: Effect.Effect<Settings, never, UsbBus>) {
  const settings = yield* read
  yield* emit({ _tag: "SettingsRead", step: "snapshot-settings", when: "before", settings })
  return { settings }
})

const comparison = Effect.fnUntraced(function* (before: Settings, read: Effect.Effect<Settings, never, UsbBus>) {
  const settings = yield* read
  yield* emit({ _tag: "SettingsRead", step: "compare-settings", when: "after", settings })
  const settingsDiff = diffSettings(before, settings)
  yield* emit({ _tag: "SettingsCompared", step: "compare-settings", diff: settingsDiff })
  return { settingsDiff }
})

/** Nothing from before: nothing is asked, and nothing is said. */
const notCompared: { readonly settingsDiff: SettingsDiff | undefined } = { settingsDiff: undefined }

export interface ByQmi {
  readonly control: QmiSession
  readonly modem: Modem
}

export interface ByAt {
  readonly at: AtSession
}

export const snapshotSettings = step({
  name: "snapshot-settings",
  title: snapshotTitle,
  risk: "reads",
  deadline,
  run: ({ control, facts, modem }: ByQmi & { readonly facts: ModemFacts; readonly checked: Checked }) =>
    snapshot(readSettings(control, modem, facts))
})

export const snapshotSettingsByAt = step({
  name: "snapshot-settings",
  title: snapshotTitle,
  risk: "reads",
  deadline,
  run: ({ at, facts }: ByAt & { readonly facts: ModemFacts; readonly checked: Checked }) =>
    snapshot(readSettingsByAt(at, facts))
})

export const compareSettings = step({
  name: "compare-settings",
  title: compareTitle,
  risk: "reads",
  deadline,
  run: (state: ByQmi & { readonly settings: Settings; readonly validated: Validated }) =>
    comparison(state.settings, readSettings(state.control, state.modem, state.validated.after, state.settings))
})

export const compareSettingsByAt = step({
  name: "compare-settings",
  title: compareTitle,
  risk: "reads",
  deadline,
  run: (state: ByAt & { readonly settings: Settings; readonly validated: Validated }) =>
    comparison(state.settings, readSettingsByAt(state.at, state.validated.after, state.settings))
})

/** After `download`, with settings from an earlier run: the modem in boot-and-hold could not be asked. */
export const compareGivenSettings = step({
  name: "compare-settings",
  title: "where its settings from before are known: read them again, and compare",
  risk: "reads",
  deadline,
  run: ({
    control,
    modem,
    settingsBefore,
    validated
  }: ByQmi & { readonly settingsBefore?: Settings | undefined; readonly validated: Validated }) =>
    settingsBefore === undefined
      ? Effect.succeed(notCompared)
      : comparison(settingsBefore, readSettings(control, modem, validated.after, settingsBefore))
})

export const compareGivenSettingsByAt = step({
  name: "compare-settings",
  title: "where its settings from before are known: read them again, and compare",
  risk: "reads",
  deadline,
  run: ({
    at,
    settingsBefore,
    validated
  }: ByAt & { readonly settingsBefore?: Settings | undefined; readonly validated: Validated }) =>
    settingsBefore === undefined
      ? Effect.succeed(notCompared)
      : comparison(settingsBefore, readSettingsByAt(at, validated.after, settingsBefore))
})
