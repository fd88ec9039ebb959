/** Modems that were left half way: what is the matter with them, and bringing them home. */
export { examine, mostRemedies, plan, run } from "./Recovery.ts"
export type {
  Attempt,
  Examination,
  NextRemedy,
  RecoveryHooks,
  RecoveryOptions,
  RecoveryPlan,
  RecoveryResult
} from "./Recovery.ts"
export { describeSituation, isHome, Situation } from "./Situation.ts"
export { describeRemedy, Remedy } from "./decide.ts"
export { watch, WatchEvent } from "./watch.ts"
export type { WatchHooks, WatchOptions } from "./watch.ts"
