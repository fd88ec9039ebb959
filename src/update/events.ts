/**
 * What happens in a run, as data: the same events feed the terminal, JSON lines, a journal and tests.
 * Nothing prints from inside; everything here survives a trip through JSON.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { Settings, SettingsDiff } from "../plan/settings.ts"
import { Condition } from "./condition.ts"

const Risk = Schema.Literals(["none", "reads", "changes-preference", "reboots", "writes-flash"])

export const UpdateEvent = Schema.TaggedUnion({
  /** A flow starts; `steps` are the names at the top level. */
  RunStarted: { flow: Schema.String, modem: Schema.String, steps: Schema.Array(Schema.String) },
  StepStarted: { step: Schema.String, title: Schema.String, risk: Risk, deadlineMillis: Schema.Number },
  StepFinished: { step: Schema.String, millis: Schema.Number },
  /** Something a person may want to know; `detail` is one sentence. */
  Note: { step: Schema.String, detail: Schema.String },
  /** Something that was survived, or that needs attention. */
  Warning: { step: Schema.String, detail: Schema.String },
  /** One way into boot-and-hold was tried; by AT, what each port of the modem answered (flows.md §3.3). */
  BootEntryTried: {
    way: Schema.String,
    accepted: Schema.Boolean,
    answer: Schema.String,
    ports: Schema.optionalKey(Schema.Array(Schema.Struct({ port: Schema.String, answer: Schema.String })))
  },
  /** The modem left the bus or came back. */
  ModemSeen: { device: Schema.String, mode: Schema.Literals(["application", "boot-and-hold"]) },
  ImageStarted: { image: Schema.String, role: Schema.String, number: Schema.Int, of: Schema.Int, bytes: Schema.Int },
  /** `sent` bytes of `bytes` are acknowledged. Rate over the whole image; `secondsLeft` from that rate. */
  ImageProgress: {
    image: Schema.String,
    sent: Schema.Int,
    bytes: Schema.Int,
    bytesPerSecond: Schema.Number,
    secondsLeft: Schema.Number
  },
  /** The last chunk is out: the modem programs its flash and may be silent for minutes (qdl.md §3.5). */
  Programming: { image: Schema.String },
  /** A try of `image` failed at `step`, because of `why`; try number `attempt` of `of` begins at Hello, after a pause. */
  TransferRetried: {
    step: Schema.String,
    image: Schema.String,
    attempt: Schema.Int,
    of: Schema.Int,
    why: Schema.String,
    afterMillis: Schema.Number
  },
  ImageFinished: { image: Schema.String, bytes: Schema.Int, millis: Schema.Number },
  /** The modem itself says it needs nothing of this image (qdl.md §3.4, status 7). */
  ImageSkipped: { image: Schema.String, why: Schema.String },
  /** The run has failed, and a step that it had begun is taken back; what it fails with comes last, as `RunFailed`. */
  UndoStarted: { step: Schema.String, title: Schema.String, deadlineMillis: Schema.Number },
  UndoFinished: { step: Schema.String, millis: Schema.Number },
  /** It could not be taken back: why, in the words of an error. */
  UndoFailed: { step: Schema.String, code: Schema.String, message: Schema.String, help: Schema.String },
  /** What the modem told of its owner's settings; `before` the first write, and after the update. */
  SettingsRead: { step: Schema.String, when: Schema.Literals(["before", "after"]), settings: Settings },
  SettingsCompared: { step: Schema.String, diff: SettingsDiff },
  RunFinished: { millis: Schema.Number, summary: Schema.String },
  RunFailed: {
    step: Schema.String,
    code: Schema.String,
    message: Schema.String,
    help: Schema.String,
    condition: Condition,
    next: Schema.String
  },
  RunInterrupted: { step: Schema.String, condition: Condition, next: Schema.String }
})
export type UpdateEvent = typeof UpdateEvent.Type

/** Where events go. Nowhere unless somebody listens. */
export const EventSink = Context.Reference<(event: UpdateEvent) => Effect.Effect<void>>("boothold/update/EventSink", {
  defaultValue: () => () => Effect.void
})

export const emit = (event: UpdateEvent): Effect.Effect<void> => Effect.flatMap(EventSink, (sink) => sink(event))
