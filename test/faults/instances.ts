/** Every behaviour of the simulated modem, at every phase in which it can act: the rows of the fault matrix. */
import * as Sim from "../../src/sim/index.ts"
import type { Behaviour } from "../../src/sim/index.ts"

const { behaviour } = Sim

export interface Instance {
  readonly name: string
  readonly behaviour: Behaviour
}

const text = (value: unknown): string =>
  value instanceof Uint8Array
    ? Buffer.from(value).toString("hex")
    : Array.isArray(value)
      ? value.join("+")
      : String(value)

const named = (one: Behaviour): Instance => {
  const fields = Object.entries(one).flatMap(([key, value]) => (key === "_tag" ? [] : [`${key}=${text(value)}`]))
  return { name: fields.length === 0 ? one._tag : `${one._tag}:${fields.join(",")}`, behaviour: one }
}

/** Images and chunks of the sets: the first, one in the middle, and the last, which programs the flash. */
const images = [0, 1] as const
const chunks = [0, 1, 2] as const
const roles = ["control", "at", "download"] as const
const noise = Uint8Array.from([0x00, 0x7e, 0x0d, 0x99, 0x7e, 0x41, 0x54, 0x0d, 0x0a])

const each = <A>(items: ReadonlyArray<A>, make: (item: A) => Behaviour | ReadonlyArray<Behaviour>) =>
  items.flatMap(make)

const everything: ReadonlyArray<Behaviour> = [
  behaviour("silentHello", { times: 2 }),
  behaviour("silentDload", { times: 2 }),
  ...each(roles, (where) => behaviour("staleBytes", { where, bytes: noise })),
  ...each(roles, (where) => behaviour("splitAnswers", { where, pieces: 3, delay: 20 })),
  ...each(roles, (where) => behaviour("mergedAnswers", { where, delay: 30 })),
  ...each(images, (image) => [
    ...each([0x07, 0x0f, 0x12, 0x1a], (code) => behaviour("nakOpen", { image, code, times: 1 })),
    behaviour("nakOpen", { image, code: 0x12 }),
    behaviour("nakOpen", { image, status: 3 })
  ]),
  ...each(images, (image) =>
    each(image === 0 ? chunks : [0], (chunk) => [
      ...each([1, 2], (status) => behaviour("nakWrite", { image, chunk, status, times: 1 })),
      behaviour("nakWrite", { image, chunk, status: 2 }),
      behaviour("wrongSequence", { image, chunk, times: 1 }),
      behaviour("wrongSequence", { image, chunk }),
      behaviour("disconnectInChunk", { image, chunk, times: 1 }),
      behaviour("disconnectInChunk", { image, chunk, comesBack: false, times: 1 }),
      behaviour("hang", { where: "write", image, chunk })
    ])
  ),
  ...each(images, (image) => [
    ...each(["open", "write", "close"] as const, (where) => [
      behaviour("answerLost", { where, image, times: 1 }),
      behaviour("answerLost", { where, image })
    ]),
    behaviour("nakClose", { image, code: 0x10, times: 1 }),
    behaviour("nakClose", { image, code: 0x10 }),
    behaviour("nakClose", { image, status: 1, times: 1 })
  ]),
  behaviour("nakOpen", { image: 0, code: 0x0f, behind: 1 }),
  behaviour("switchFails", { times: 1 }),
  behaviour("switchFails", {}),
  behaviour("settingsLost", {}),
  ...each(["dload", "hello", "control", "mbim", "at", "boot"] as const, (where) => behaviour("hang", { where })),
  ...each(images, (image) => [
    behaviour("hang", { where: "open", image }),
    behaviour("hang", { where: "close", image })
  ]),
  ...each(roles, (role) => behaviour("latePort", { role, delay: 5000 })),
  ...each(["boot-and-hold", "application"] as const, (on) => [
    behaviour("otherPortPath", { path: "1-3", on }),
    behaviour("otherPortPath", { path: "2-2", on, peer: true })
  ]),
  behaviour("oldFirmwareComesBack"),
  behaviour("carrierNotApplied"),
  behaviour("staysInBootAndHold", { times: 1 }),
  behaviour("staysInBootAndHold"),
  behaviour("preferenceQueryUnanswered", { times: 1 }),
  behaviour("preferenceQueryUnanswered", {}),
  behaviour("qmiNotReadyAfterBoot", { seconds: 40 }),
  behaviour("slowBoot", { seconds: 120 }),
  behaviour("diagFirst", { times: 3 }),
  behaviour("saharaInstead"),
  behaviour("echoesDownload"),
  behaviour("errorToHello", { versions: [6] }),
  behaviour("errorToHello", { versions: [4, 5, 6] }),
  behaviour("mbimForgetsOpen", { after: 3 }),
  behaviour("mbimNeedsClose"),
  behaviour("qmiOverMbimMissing"),
  behaviour("mbimSmallTransfers", { bytes: 64 }),
  behaviour("slowMbimClose", { seconds: 5 }),
  behaviour("atNeedsEnterCnd"),
  behaviour("portGoneBeforeOk"),
  behaviour("atEchoOff"),
  behaviour("atPassword", { password: "OTHER" }),
  ...each(["!BOOTHOLD", "!IMPREF", "!GOBIIMPREF", "!IMAGE", "!PCINFO", "!RESET", "!PRIID"], (command) => [
    behaviour("atRefuses", { command }),
    behaviour("atIgnores", { command })
  ]),
  behaviour("unsolicitedLine", { text: "+CREG: 0" }),
  behaviour("slotsFull"),
  ...each([71, 94, 25] as const, (code) => behaviour("notSupportedCode", { code })),
  // Set Operating Mode, Set Firmware ID, preference asked and set, stored images, boot image download mode.
  ...each([0x2d, 0x2e, 0x3e, 0x47, 0x48, 0x49, 0x50], (message) => [
    behaviour("qmiRefuses", { message, code: 3, times: 1 }),
    behaviour("qmiRefuses", { message, code: 3 }),
    behaviour("qmiRefuses", { message })
  ]),
  ...each([0x2e, 0x3e, 0x48, 0x50], (message) => behaviour("qmiIgnores", { message, times: 1 })),
  ...each([0x2e, 0x48], (message) => behaviour("qmiIgnores", { message })),
  behaviour("clientIdsExhausted", { times: 2 }),
  behaviour("foreignTraffic"),
  behaviour("serialisesDms"),
  behaviour("slowLastChunk", { seconds: 60 }),
  behaviour("imageNotRequired")
]

export const instances: ReadonlyArray<Instance> = everything.map(named)
