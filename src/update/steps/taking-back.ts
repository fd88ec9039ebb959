/** The steps with which an update begins to change a modem, with what takes the whole update back where it fails later. */
import { withUndo } from "../../flow/undo.ts"
import type { ModemFacts } from "../../plan/facts.ts"
import { bringBack, bringBackDeadline } from "../bring-back.ts"
import type { Bringing } from "../bring-back.ts"
import { byAt, byQmi } from "../roads.ts"
import * as AtPreference from "./at-preference.ts"
import * as BootAndHold from "./boot-and-hold.ts"
import * as ByAt from "./by-at.ts"
import * as PreferenceSteps from "./preference.ts"

export interface Changing extends Pick<Bringing, "modem" | "family" | "wanted"> {
  readonly facts: ModemFacts
}

const title = "have the modem run its old firmware again"
const titleWithPreference = `put the old preference back, and ${title}`

const back = ({ facts, family, modem, wanted }: Changing) =>
  bringBack({ modem, family, before: facts, wanted, road: byQmi })

const backByAt = ({ facts, family, modem, wanted, why }: Changing & { readonly why: string }) =>
  bringBack({ modem, family, before: facts, wanted, road: byAt(why) })

const deadline = bringBackDeadline

export const setPreference = withUndo(PreferenceSteps.setPreference, {
  title: titleWithPreference,
  deadline,
  run: back
})

export const setPreferenceByAt = withUndo(AtPreference.setPreferenceByAt, {
  title: titleWithPreference,
  deadline,
  run: backByAt
})

export const enterBootAndHold = withUndo(BootAndHold.enterBootAndHold, { title, deadline, run: back })

export const holdByAt = withUndo(ByAt.holdByAt, { title, deadline, run: backByAt })
