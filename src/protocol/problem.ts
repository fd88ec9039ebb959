/**
 * How every error of boothold explains itself: a stable code and one sentence of help per reason.
 * Each service error has one catalogue, exhaustive over its reasons; docs/errors.md is generated from them.
 */

/** Code: `AREA_WHAT`, stable across releases. Help: what the user can do next, one sentence. */
export interface Problem {
  readonly code: string
  readonly help: string
}

export type Catalogue<Tag extends string> = { readonly [T in Tag]: Problem }
