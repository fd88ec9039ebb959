/** How a run ends when it does not end well: what happened, where, in which state the modem is, and what to do. */
import * as Schema from "effect/Schema"
import { BusError } from "../device/BusError.ts"
import { ImageFileError } from "../file/ImageFileError.ts"
import { ImageError } from "../image/ImageError.ts"
import { PlanError } from "../plan/PlanError.ts"
import { FirmwareIdError } from "../protocol/qmi/firmware-id.ts"
import { AtError } from "../session/AtError.ts"
import { MbimError } from "../session/MbimError.ts"
import { QdlError } from "../session/QdlError.ts"
import { QmiError } from "../session/QmiError.ts"
import { TransportError } from "../transport/TransportError.ts"
import { Condition, describeCondition } from "./condition.ts"
import { FlowError } from "./FlowError.ts"
import { JournalError } from "./JournalError.ts"
import { LockError } from "./LockError.ts"

/** Everything a step of ours may fail with. */
export const StepError = Schema.Union([
  BusError,
  TransportError,
  QmiError,
  MbimError,
  QdlError,
  AtError,
  FlowError,
  JournalError,
  LockError,
  PlanError,
  FirmwareIdError,
  ImageFileError,
  ImageError
])
export type StepError = typeof StepError.Type

export class UpdateError extends Schema.TaggedError<UpdateError>()("UpdateError", {
  flow: Schema.String,
  step: Schema.String,
  /** What happened, with its own code and help. */
  cause: StepError,
  /** The state that the modem was left in. */
  condition: Condition,
  /** The command that goes on from there. */
  next: Schema.String
}) {
  get code(): string {
    return this.cause.code
  }
  get help(): string {
    return this.cause.help
  }
  /** In which state the modem is, as a sentence. */
  get state(): string {
    return describeCondition(this.condition)
  }
  override get message(): string {
    return `${this.step}: ${this.cause.message}`
  }
}
