/** What doctor found, for people and for programs. */
import * as Schema from "effect/Schema"
import { Finding, Severity } from "../../doctor/Finding.ts"
import { FoundReport } from "./json.ts"
import { plain } from "./text.ts"
import type { Style } from "./text.ts"

/** What `doctor --json` prints. */
export const DoctorReport = Schema.TaggedStruct("Diagnosis", {
  /** The gravest of all findings. */
  worst: Severity,
  /** Of the computer, and of images that cannot be opened at all. */
  general: Schema.Array(Finding),
  modems: Schema.Array(Schema.Struct({ modem: FoundReport, findings: Schema.Array(Finding) }))
})
export type DoctorReport = typeof DoctorReport.Type

const marks = (style: Style): { readonly [S in Severity]: string } => ({
  ok: style.good("ok     "),
  info: style.accent("info   "),
  warning: style.warn("warning"),
  error: style.bad("error  ")
})

const findingLines = ({ cure, reason, severity }: Finding, style: Style): ReadonlyArray<string> => [
  `  ${marks(style)[severity]}  ${plain(reason)}`,
  ...(cure === undefined ? [] : [`           ${style.dim("do:")} ${plain(cure)}`])
]

const counted = (count: number, word: string): string => `${String(count)} ${word}${count === 1 ? "" : "s"}`

export const doctorLines = (report: DoctorReport, style: Style): ReadonlyArray<string> => {
  const all = [...report.general, ...report.modems.flatMap(({ findings }) => findings)]
  const number = (wanted: Severity): number => all.filter(({ severity }) => severity === wanted).length
  const [errors, warnings] = [number("error"), number("warning")]
  const verdict =
    errors > 0
      ? style.bad(`${counted(errors, "error")}, ${counted(warnings, "warning")}: an update would be stopped`)
      : warnings > 0
        ? style.warn(`${counted(warnings, "warning")}: an update may fail`)
        : style.good("nothing stands in the way of an update")
  return [
    ...report.modems.flatMap(({ findings, modem }) => [
      style.bold(plain(modem.label)),
      ...findings.flatMap((one) => findingLines(one, style))
    ]),
    ...(report.general.length === 0
      ? []
      : [style.bold("This computer"), ...report.general.flatMap((one) => findingLines(one, style))]),
    verdict
  ]
}
