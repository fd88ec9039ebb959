/** What guest and host tell each other. */
export interface CaseResult {
  readonly group: string
  readonly name: string
  readonly outcome: "passed" | "failed" | "skipped"
  readonly millis: number
  /** What went wrong, with the output of what ran; or why it was skipped. */
  readonly why?: string
}
