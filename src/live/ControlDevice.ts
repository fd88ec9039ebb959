/** The control port of a modem, `/dev/cdc-wdm*`: QMI, one message per read and per write. */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { constants } from "node:fs"
import type { Connection } from "../transport/Connection.ts"
import type { TransportError } from "../transport/TransportError.ts"
import { loadBinding } from "./binding.ts"
import { failure, reasonOf } from "./io-error.ts"
import { makeOpenFiles } from "./open-file.ts"
import { makePolled } from "./Polled.ts"

/** The driver gives messages of up to wMaxCommand bytes, which is 4096 on all modems we know; a longer read is no harm. */
const longestMessage = 65_536

/** A control request that is not answered is given up by the kernel after 5 s; a session has deadlines of its own. */
const stall = Duration.seconds(30)

/**
 * Opens a control device. Not exclusive: the driver lets several programs in, and qmi-proxy or ModemManager may be
 * among them; then each message reaches one of them only (measured with cdc_wdm of Linux 6.1). Fails with `NotThere`, `PermissionDenied`, `Busy`, `Unplugged` or `IoFailed`. Each read is one message.
 */
export const openControl = (path: string): Effect.Effect<Connection, TransportError, Scope.Scope> =>
  Effect.gen(function* () {
    const binding = yield* Effect.try({
      try: loadBinding,
      catch: (error) => failure(path, "open", reasonOf(error))
    })
    const files = yield* makeOpenFiles
    const descriptor = yield* files.open(path, constants.O_RDWR | constants.O_NOCTTY | constants.O_NONBLOCK)
    const polled = yield* makePolled({
      binding,
      descriptor,
      endpoint: path,
      gone: [],
      readLength: longestMessage,
      messages: true,
      stall
    })
    yield* Effect.addFinalizer(() =>
      Effect.sync(() => {
        polled.stop()
        if (polled.hasGivenUp()) files.giveUp()
      })
    )
    return { endpoint: path, read: polled.read, write: polled.write }
  })
