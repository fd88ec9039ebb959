/** The bytes that are piped into the command. */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"

export const StandardInput = Context.Reference<{
  /** Up to its end, at most `limit` bytes of it. */
  readonly read: (limit: number) => Effect.Effect<Uint8Array>
}>("boothold/cli/StandardInput", {
  defaultValue: () => ({
    read: (limit) =>
      Effect.promise(async () => {
        const chunks: Array<Uint8Array> = []
        let size = 0
        for await (const chunk of process.stdin as AsyncIterable<Uint8Array>) {
          chunks.push(chunk)
          size += chunk.length
          if (size >= limit) break
        }
        return Buffer.concat(chunks).subarray(0, limit)
      })
  })
})
