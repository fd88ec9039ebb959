/**
 * Everything that passes between a program and its outside, in the order in which it happened: bytes at ports, reads of
 * image files, comings and goings on the bus. Recorded at the services that carry them; nothing of our own events.
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type { UsbBus } from "../../src/device/UsbBus.ts"
import type { ImageFileAccess } from "../../src/file/ImageSource.ts"

export type Seen =
  | { readonly _tag: "Plugged"; readonly held: boolean }
  | { readonly _tag: "Unplugged" }
  | { readonly _tag: "FileRead"; readonly file: string; readonly offset: number; readonly length: number }
  /** `line`: the number of this opening of a port. */
  | { readonly _tag: "Opened"; readonly line: number; readonly role: string; readonly driver: string }
  | { readonly _tag: "Closed"; readonly line: number }
  | { readonly _tag: "Sent" | "Heard"; readonly line: number; readonly at: number; readonly bytes: Uint8Array }

export type Trace = Array<Seen>

/** The bus, with everything on it noted. */
export const watchedBus = (bus: UsbBus["Service"], trace: Trace): UsbBus["Service"] => {
  let lines = 0
  return {
    ...bus,
    open: Effect.fnUntraced(function* (device, port, options) {
      const connection = yield* bus.open(device, port, options)
      const line = ++lines
      yield* Effect.acquireRelease(
        Effect.sync(() => void trace.push({ _tag: "Opened", line, role: port.role, driver: port.driver })),
        () => Effect.sync(() => void trace.push({ _tag: "Closed", line }))
      )
      return {
        ...connection,
        write: (bytes: Uint8Array) =>
          Effect.flatMap(Clock.currentTimeMillis, (at) => {
            trace.push({ _tag: "Sent", line, at, bytes: bytes.slice() })
            return connection.write(bytes)
          }),
        read: Effect.tap(connection.read, (bytes) =>
          Effect.map(
            Clock.currentTimeMillis,
            (at) => void trace.push({ _tag: "Heard", line, at, bytes: bytes.slice() })
          )
        )
      }
    })
  }
}

/** Files, with every read of them noted once it is done. */
export const watchedFiles = (files: ImageFileAccess, trace: Trace): ImageFileAccess => ({
  open: (path) =>
    Effect.map(files.open(path), (source) => {
      const note = (offset: number, length: number) =>
        Effect.sync(() => void trace.push({ _tag: "FileRead", file: path, offset, length }))
      return {
        ...source,
        read: (offset: number, length: number) => Effect.tap(source.read(offset, length), () => note(offset, length)),
        readInto: (offset: number, target: Uint8Array) =>
          Effect.tap(source.readInto(offset, target), () => note(offset, target.length))
      }
    })
})
