/** Ten of ten; by name, for its time. */
import type { Group } from "../guest/harness.ts"
import { undisturbed } from "./modem-manager.ts"

export const cases: Group = [undisturbed(10)]
