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

/** First whether anything changed; "unchanged" only of what was told before and after. */
export const settingsLines = (diff: SettingsDiff, style: Style): ReadonlyArray<string> => {
  const { compared, differences, incomparable, untold } = diff
  const lost = unexpected(diff)
  const head =
    compared === 0
      ? `${style.warn("warning:")} settings not compared: the modem told none both before and after`
      : lost.length === 0
        ? `${style.good("✔")} settings unchanged (${String(compared)} compared)`
        : `${style.warn("warning:")} ${String(lost.length)} of ${String(compared)} settings changed`
  return [
    head,
    ...lost.map((one) => `  ${plain(changeText(one))}`),
    ...differences
      .filter(({ expected }) => expected)
      .map((one) => style.dim(`  as it should: ${plain(changeText(one))}`)),
    ...incomparable.map(
      ({ from, key, told, value, why }) =>
        `  ${style.warn("not compared:")} ${plain(`${key}, ${value} ${told} the update: ${from}: ${why}`)}`
    ),
    ...untold.map(({ question, why }) => style.dim(`  not told: ${plain(`${question}: ${why}`)}`))
  ]
}
