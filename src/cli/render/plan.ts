/** A plan for people: what would change, what was checked, and every step with its risk and its patience. */
import type { Risk } from "../../flow/Step.ts"
import type { PlanReport, StepReport } from "./json.ts"
import { storedText } from "./stored.ts"
import { bytesText, durationText, plain, rows } from "./text.ts"
import type { Style } from "./text.ts"

const riskText: { readonly [R in Risk]: string } = {
  none: "",
  reads: "reads",
  "changes-preference": "changes the preference",
  reboots: "reboots the modem",
  "writes-flash": "writes flash"
}

const riskOf = (risk: string): string => (Object.hasOwn(riskText, risk) ? riskText[risk as Risk] : risk)

const change = (from: string | null | undefined, to: string | null): string | undefined => {
  if (to === null) return from ?? undefined
  if (from === undefined || from === null) return to
  return from === to ? `${to} (unchanged)` : `${from} → ${to}`
}

const headings: { readonly [A in PlanReport["action"]]: string } = {
  nothing: "Nothing to do: the modem runs all of this already.",
  update: "Update",
  download: "Download to the modem in boot-and-hold",
  hold: "Into boot-and-hold",
  leave: "Out of boot-and-hold, without writing anything",
  restart: "Restart",
  select: "Run what is stored",
  delete: "Delete a stored image"
}

/** The gravest thing first; what the modem goes through, in words. */
const riskLine = (steps: ReadonlyArray<StepReport>): string | undefined => {
  const all = new Set<string>()
  const collect = (step: StepReport): void => {
    all.add(step.risk)
    step.inside.forEach(collect)
  }
  steps.forEach(collect)
  const named = (["writes-flash", "changes-preference", "reboots"] as const).filter((risk) => all.has(risk))
  return named.length === 0 ? undefined : named.map((risk) => riskText[risk]).join(", ")
}

const goesText = (images: PlanReport["evictions"][number]["images"], type: string): string => {
  const [only] = images
  if (only !== undefined && images.length === 1) return storedText(only)
  return `one of ${String(images.length)} ${type === "modem" ? "firmware" : "carrier"} images`
}

/** From, to, images and risks: also what is shown before the question whether to go on. */
export const planSummary = (plan: PlanReport, style: Style): ReadonlyArray<string> => {
  const { from, images, to } = plan
  const list = images.map(({ bytes, name, role }) => `${name}  ${role}, ${bytesText(bytes)}`)
  return [
    style.bold(plain(headings[plan.action])),
    ...rows(
      [
        ["modem", plan.modem.label],
        ["family", plan.family],
        ["firmware", change(from?.firmware, to.firmware)],
        ["carrier", change(from?.carrier, to.carrier)],
        ["config", change(from?.config, to.config)],
        ...list.map((text, index): [string, string] => [index === 0 ? "images" : "", text]),
        ["deletes", plan.deletes === null ? undefined : storedText(plan.deletes)],
        ...plan.evictions.map(({ images, type }): [string, string] => ["goes", goesText(images, type)]),
        ["risks", riskLine(plan.steps)]
      ],
      style
    ),
    ...plan.warnings.map((warning) => `  ${style.warn("warning:")} ${plain(warning)}`)
  ]
}

const loopOf = ({ repeats, times }: StepReport): string => {
  switch (repeats) {
    case "once":
      return ""
    case "each":
      return "for each"
    case "choice":
      return "if the modem asks"
    case "retry":
      return times === undefined || times === 1 ? "" : `up to ${String(times)} times`
  }
}

const stepLines = (step: StepReport, number: string, depth: number, style: Style): ReadonlyArray<string> => {
  const indent = "  ".repeat(depth + 1)
  const loop = loopOf(step)
  const about = [loop, riskOf(step.risk), `at most ${durationText(step.deadlineSeconds * 1000)}`].filter(
    (text) => text !== ""
  )
  return [
    `${indent}${number.padEnd(5)} ${style.bold(plain(step.name))}: ${plain(step.title)}  ${style.dim(about.join(", "))}`,
    ...(step.undo === null ? [] : [`${indent}      ${style.dim(plain(`where the run fails: ${step.undo}`))}`]),
    ...step.inside.flatMap((inner, index) => stepLines(inner, `${number}.${String(index + 1)}`, depth + 1, style))
  ]
}

export const planLines = (plan: PlanReport, style: Style): ReadonlyArray<string> => [
  ...planSummary(plan, style),
  ...(plan.passed.length === 0 ? [] : ["", style.bold("Checked")]),
  ...plan.passed.map((text) => `  ${style.good("✔")} ${plain(text)}`),
  ...(plan.steps.length === 0 ? [] : ["", style.bold("Steps")]),
  ...plan.steps.flatMap((step, index) => stepLines(step, String(index + 1), 0, style))
]
