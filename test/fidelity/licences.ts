/** The list of allowed differences, as the tests and the page use it. */
import { readFileSync } from "node:fs"
import * as Schema from "effect/Schema"
import { AllowedDifferences } from "./compare.ts"

const file = new URL("allowed-differences.json", import.meta.url)

/** Throws for a list that is not one. */
export const allowedDifferences: AllowedDifferences = Schema.decodeUnknownSync(
  Schema.fromJsonString(AllowedDifferences)
)(readFileSync(file, "utf8"))
