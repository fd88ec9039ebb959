/** Faults and quirks of simulated modems as they are written on the command line. */
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import type * as SchemaAST from "effect/SchemaAST"
import { Behaviour, behaviours } from "../sim/index.ts"
import type { BehaviourInfo } from "../sim/index.ts"
import { refuse } from "./CommandError.ts"
import type { CommandError } from "./CommandError.ts"

const decode = Schema.decodeUnknownResult(Schema.toCodecJson(Behaviour), { onExcessProperty: "error" })

const isOptional = (field: Schema.Top): boolean => field.ast.context?.isOptional === true

/** What a field takes, from its schema. */
const wordsOf = (ast: SchemaAST.AST): string => {
  switch (ast._tag) {
    case "Literal":
      return String(ast.literal)
    case "Union":
      return ast.types.map(wordsOf).join("|")
    case "Arrays":
      return `[${ast.rest.map(wordsOf).join(", ")}, …]`
    case "Number":
      return "number"
    case "String":
      return "text"
    case "Boolean":
      return "true|false"
    case "Declaration":
      return "base64"
    default:
      return ast._tag
  }
}

/** The field that `NAME=VALUE` sets: the only one that has to be there, or the only one there is. */
const mainField = ({ fields }: BehaviourInfo): string | undefined => {
  const all = Object.entries(fields)
  const needed = all.filter(([, field]) => !isOptional(field))
  const [only] = needed.length > 0 ? needed : all
  return (needed.length > 0 ? needed : all).length === 1 ? only?.[0] : undefined
}

/** `latePort:role=control|at|download,delay=number`; what may be left out stands in brackets. */
export const synopsis = (behaviour: BehaviourInfo): string => {
  const fields = Object.entries(behaviour.fields).map(([name, field]) => {
    const text = `${name}=${wordsOf(field.ast)}`
    return isOptional(field) ? `[${text}]` : text
  })
  return fields.length === 0 ? behaviour.name : `${behaviour.name}:${fields.join(",")}`
}

export interface FaultReport {
  readonly name: string
  readonly synopsis: string
  readonly text: string
  readonly source: string | null
}

/** What numbers mean: as the head of behaviours.ts says. */
export const faultUnits =
  "Images and chunks count from 0. Delays are milliseconds, seconds are seconds. Without times it happens always."

export const faultReports: ReadonlyArray<FaultReport> = behaviours.map((behaviour) => ({
  name: behaviour.name,
  synopsis: synopsis(behaviour),
  text: behaviour.text,
  source: behaviour.source ?? null
}))

const json = (text: string): unknown => {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return text
  }
}

/** Text stays text where text is wanted: `text=123`. */
const valueOf = (behaviour: BehaviourInfo | undefined, field: string, text: string): unknown => {
  const known = behaviour !== undefined && Object.hasOwn(behaviour.fields, field) ? behaviour.fields[field] : undefined
  return known?.ast._tag === "String" ? text : json(text)
}

const infoOf = (name: string): BehaviourInfo | undefined => behaviours.find((one) => one.name === name)

const pairsOf = (behaviour: BehaviourInfo | undefined, text: string): ReadonlyArray<readonly [string, unknown]> =>
  text
    .split(",")
    .filter((pair) => pair !== "")
    .map((pair) => {
      const cut = pair.indexOf("=")
      if (cut === -1) return [pair, true]
      const field = pair.slice(0, cut)
      return [field, valueOf(behaviour, field, pair.slice(cut + 1))]
    })

/** `{"_tag":"latePort",…}`, `NAME`, `NAME=VALUE` or `NAME:KEY=VALUE,…`. */
const readWords = (text: string): unknown => {
  if (text.trimStart().startsWith("{")) return json(text)
  const [, name = "", separator, rest = ""] = /^([^:=]*)([:=]?)(.*)$/s.exec(text) ?? []
  const behaviour = infoOf(name)
  if (separator === "=") {
    const field = behaviour === undefined ? undefined : mainField(behaviour)
    return field === undefined
      ? { _tag: name, [name]: json(rest) }
      : { [field]: valueOf(behaviour, field, rest), _tag: name }
  }
  return { ...Object.fromEntries(pairsOf(behaviour, rest)), _tag: name }
}

/** A fault, or why it is none; `option` is where it was given. */
export const parseFault =
  (option: string) =>
  (text: string): Result.Result<Behaviour, CommandError> => {
    const value = readWords(text)
    const tag = (value as { readonly _tag?: unknown } | null)?._tag
    const behaviour = typeof tag === "string" ? infoOf(tag) : undefined
    const wanted = (what: string) => Result.fail(refuse({ _tag: "BadOption", option, found: text, wanted: what }))
    if (behaviour === undefined)
      return wanted(`one of ${behaviours.map(({ name }) => name).join(", ")} (see boothold simulate --list-faults)`)
    const decoded = decode(value)
    return Result.isSuccess(decoded)
      ? Result.succeed(decoded.success)
      : wanted(`${synopsis(behaviour)} (${decoded.failure.message.replaceAll(/\s*\n\s*/g, " ")})`)
  }
