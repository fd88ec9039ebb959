/** The settings of a modem, before an update against after it, for people. */
import { unexpected } from "../../plan/settings.ts"
import type { Difference, SettingsDiff } from "../../plan/settings.ts"
import { plain } from "./text.ts"
import type { Style } from "./text.ts"

const changeText = ({ after, before, from, key, kind }: Difference): string => {
  switch (kind) {
    case "changed":
      return `${key} was ${before ?? ""}, is now ${after ?? ""} (${from})`
    case "gone":
      return `${key} was ${before ?? ""}, is not set any more (${from})`
    case "added":
      return `${key} was not set, is now ${after ?? ""} (${from})`
  }
}

/** One line for all that have the same reason: a port that is silent leaves many questions open. */
const byReason = (all: ReadonlyArray<readonly [text: string, why: string]>): ReadonlyArray<string> => {
  const texts = new Map<string, Array<string>>()
  for (const [text, why] of all) texts.set(why, [...(texts.get(why) ?? []), text])
  return [...texts].map(([why, of]) => plain(`${of.join(", ")}: ${why}`))
}

const headOf = (diff: SettingsDiff, style: Style): string => {
  const { compared, incomparable } = diff
  const lost = unexpected(diff).length
  const open = incomparable.length === 0 ? "" : `, ${String(incomparable.length)} could not be`
  if (compared === 0) return `${style.warn("warning:")} settings not compared: none was told before and after`
  return lost === 0
    ? `${style.good("✔")} settings unchanged (${String(compared)} compared${open})`
    : `${style.warn("warning:")} settings changed: ${String(lost)} (${String(compared)} compared${open})`
}

/** First whether anything changed; "unchanged" only of what was told before and after. */
export const settingsLines = (diff: SettingsDiff, style: Style): ReadonlyArray<string> => {
  const { differences, incomparable, untold } = diff
  return [
    headOf(diff, style),
    ...unexpected(diff).map((one) => `  ${plain(changeText(one))}`),
    ...differences.flatMap((one) => (one.expected ? [style.dim(`  as expected: ${plain(changeText(one))}`)] : [])),
    ...byReason(incomparable.map(({ key, told, value, why }) => [`${key} (${told}: ${value})`, why])).map(
      (text) => `  ${style.warn("not compared:")} ${text}`
    ),
    ...byReason(untold.map(({ question, why }) => [question, why])).map((text) => style.dim(`  not told: ${text}`))
  ]
}
