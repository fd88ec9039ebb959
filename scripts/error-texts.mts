/** What an error says, with the names of its fields in capitals where the values at hand come. */
import type * as SchemaAST from "effect/SchemaAST"

export interface ErrorClass {
  readonly prototype: { readonly message: string }
  readonly fields: { readonly [name: string]: { readonly ast: SchemaAST.AST } }
}

/** `firmwareId` reads FIRMWARE_ID. */
const capitals = (name: string): string => name.replace(/(?<=[a-z])(?=[A-Z])/g, "_").toUpperCase()

/** Texts and numbers are the field's name; as an `example`, what looks values up in tables gets one that is in them. */
const standIn = (name: string, ast: SchemaAST.AST, example: boolean): unknown => {
  const inner = (one: SchemaAST.AST): unknown => standIn(name, one, example)
  switch (ast._tag) {
    case "Objects":
      return Object.fromEntries(
        ast.propertySignatures.map(({ name: key, type }) => [key, standIn(String(key), type, example)] as const)
      )
    case "Arrays":
      return [...ast.elements, ...ast.rest].map(inner)
    case "Union": {
      const [first] = ast.types
      const choice = ast.types.every(({ _tag }) => _tag === "Literal")
      return first === undefined || (choice && !example) ? capitals(name) : inner(first)
    }
    case "Literal":
      return name === "_tag" || example ? ast.literal : capitals(name)
    case "Number":
      return example ? 2 : capitals(name)
    case "Undefined":
      return undefined
    default:
      return capitals(name)
  }
}

const members = (ast: SchemaAST.AST): ReadonlyArray<SchemaAST.Objects> =>
  ast._tag === "Union" ? ast.types.flatMap(members) : ast._tag === "Objects" ? [ast] : []

const tagOf = (ast: SchemaAST.Objects): unknown => {
  const tag = ast.propertySignatures.find(({ name }) => name === "_tag")?.type
  return tag?._tag === "Literal" ? tag.literal : undefined
}

const textOf = (errors: ErrorClass, reason: SchemaAST.AST, example: boolean): string | undefined => {
  const values = Object.entries(errors.fields).map(
    ([name, { ast }]) => [name, { value: standIn(name, name === "reason" ? reason : ast, example) }] as const
  )
  const error = Object.create(errors.prototype, Object.fromEntries(values)) as { readonly message: string }
  try {
    // Milliseconds are told as seconds.
    const text = error.message.replace("NaN", "SECONDS")
    return text.includes("undefined") ? undefined : text
  } catch {
    return undefined
  }
}

/** The text of the error for each tag of its reason. */
export const textsOf = (errors: ErrorClass): ReadonlyMap<string, string> => {
  const { reason } = errors.fields
  if (reason === undefined) throw new Error("an error without reason")
  return new Map(
    members(reason.ast).map((ast) => {
      const text = textOf(errors, ast, false) ?? textOf(errors, ast, true)
      if (text === undefined) throw new Error(`no text for ${String(tagOf(ast))}`)
      return [String(tagOf(ast)), text] as const
    })
  )
}
