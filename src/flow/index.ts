/** Typed flows: make, inspect, edit, nest and run them. */
export { inspect, make, run } from "./Flow.ts"
export type { After, AnyFlow, Flow, InitOf, OutOfOrder, ResultOf, StepsOf } from "./Flow.ts"
export { insertAfter, insertBefore, omit, replace } from "./edit.ts"
export { choice, each } from "./nest.ts"
export { retry } from "./retry.ts"
export type { Failed } from "./retry.ts"
export { step } from "./Step.ts"
export type { AnyStep, Around, Risk, Step, StepInfo } from "./Step.ts"
