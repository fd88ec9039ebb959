/** All parsers that are fed by a file or a device. */
import type { Target } from "../Target.ts"
import { atTargets } from "./at.ts"
import { decodeTargets } from "./decode.ts"
import { hostTargets } from "./host.ts"
import { imageTargets } from "./images.ts"
import { journalTargets } from "./journal.ts"
import { mbimTargets } from "./mbim.ts"
import { qdlTargets } from "./qdl.ts"
import { qmiTargets } from "./qmi.ts"
import { usbIpTargets } from "./usbip.ts"

export const targets: ReadonlyArray<Target> = [
  ...imageTargets,
  ...qdlTargets,
  ...qmiTargets,
  ...atTargets,
  ...mbimTargets,
  ...usbIpTargets,
  ...decodeTargets,
  ...hostTargets,
  ...journalTargets
]
