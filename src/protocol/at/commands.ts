/** AT commands that carry values of ours: quoted, and refused where a quote or a line end would end them early (at.md §3.1, §4.2). Pure. */
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"

/** A value that no command can carry, e.g. a password with a quote in it. The value itself is not told: it may be a secret. */
export class AtValueError extends Schema.TaggedError<AtValueError>()("AtValueError", {
  command: Schema.String,
  value: Schema.String,
  wanted: Schema.String
}) {
  override get message(): string {
    return `${this.command} cannot carry this ${this.value}: wanted ${this.wanted}`
  }
}

/** Factory value of the password on all four families (at.md §3.1); its owner may have changed it. */
export const factoryPassword = "A710"

/** Printable ASCII without the quote that ends the string. */
const quotable = /^[\x20\x21\x23-\x7e]+$/

/** `AT!ENTERCND="<password>"`: 4 to 10 characters, on 9x07 up to 15 (at.md §3.1). */
export const enterCnd = (password: string): Result.Result<string, AtValueError> =>
  quotable.test(password) && password.length >= 4 && password.length <= 15
    ? Result.succeed(`AT!ENTERCND="${password}"`)
    : Result.fail(
        new AtValueError({
          command: "AT!ENTERCND",
          value: "password",
          wanted: "4 to 15 printable characters without quotes"
        })
      )

/** The three strings as `AT!IMPREF?` prints them: the config name has the carrier in front (at.md §4.1). */
export interface PreferenceWords {
  readonly firmware: string
  readonly carrier: string
  /** E.g. `GENERIC_002.072_000`. */
  readonly config: string
}

/**
 * `AT!IMPREF="<fw>","<carrier>","<config>"`, or the same under its 9x15 name (at.md §4.2, §4.3). The explicit form is
 * documented for IMPREF; that GOBIIMPREF, "the 9x15 name of the same thing", takes it too is inferred.
 */
export const setImagePreference = (
  command: "IMPREF" | "GOBIIMPREF",
  words: PreferenceWords
): Result.Result<string, AtValueError> => {
  const wrong = (value: string, wanted: string) =>
    Result.fail(new AtValueError({ command: `AT!${command}`, value, wanted }))
  if (!/^\d{2}(\.\d{2}){3}$/.test(words.firmware)) return wrong("firmware version", "NN.NN.NN.NN")
  if (!quotable.test(words.carrier) || words.carrier.length > 64)
    return wrong("carrier", "1 to 64 printable characters without quotes")
  if (!quotable.test(words.config) || words.config.length > 96)
    return wrong("config", "1 to 96 printable characters without quotes")
  return Result.succeed(`AT!${command}="${words.firmware}","${words.carrier}","${words.config}"`)
}

/** Which image `AT!IMAGE=0` shall delete: a slot, or a carrier image by its two names. */
export type ImageToDelete =
  | { readonly type: "firmware"; readonly slot: number }
  | { readonly type: "carrier"; readonly buildId: string; readonly uniqueId: string }

/**
 * `AT!IMAGE=0,0,<slot>` or `AT!IMAGE=0,1,FF,"<build id>","<unique id>"` (at.md §4.4): one image each. The shorter forms,
 * which delete all of them, cannot be made here.
 */
export const deleteImage = (image: ImageToDelete): Result.Result<string, AtValueError> => {
  const wrong = (value: string, wanted: string) => Result.fail(new AtValueError({ command: "AT!IMAGE", value, wanted }))
  if (image.type === "firmware") {
    const { slot } = image
    return Number.isInteger(slot) && slot >= 1 && slot < 255
      ? Result.succeed(`AT!IMAGE=0,0,${String(slot)}`)
      : wrong("slot", "a number from 1 to 254")
  }
  const { buildId, uniqueId } = image
  if (!quotable.test(buildId) || buildId.length > 96)
    return wrong("build id", "1 to 96 printable characters without quotes")
  if (!quotable.test(uniqueId) || uniqueId.length > 16)
    return wrong("unique id", "1 to 16 printable characters without quotes")
  return Result.succeed(`AT!IMAGE=0,1,FF,"${buildId}","${uniqueId}"`)
}
