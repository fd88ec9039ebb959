/** All steps, by name: what flows are made of. */
export { checkAgainstModem, checkImagesOnly } from "./check.ts"
export type { Checked } from "./check.ts"
export { identify, identifyWithPreference, openControl, releaseControl } from "./control.ts"
export { alignPreference, givenPreference, restart, takeDownloadList } from "./preference.ts"
export { enterBootAndHold, holdByAt, setPreference, setPreferenceByAt } from "./taking-back.ts"
export { awaitHold, holdOnly } from "./boot-and-hold.ts"
export { lastChunkOf, tellGivenUp, tellRetry } from "./again.ts"
export {
  closeImage,
  dloadSwitch,
  hello,
  openDownload,
  openDownloadNow,
  openImage,
  resetModem,
  writeImage
} from "./transfer.ts"
export { disarm, leaveBootAndHold, lookAfterwards, restartOnly, verifyRestart } from "./leaving.ts"
export { lookAfterwardsByAt, restartOnlyByAt, verifyRestartByAt } from "./leaving-by-at.ts"
export type { Opened, Written } from "./transfer.ts"
export { verifyDownload, verifyFirmware, verifyPreference, waitForBoot, waitForPort } from "./boot.ts"
export {
  holdOnlyByAt,
  holdWithPreferenceByAt,
  identifyByAt,
  identifyWithPreferenceByAt,
  openAt,
  releaseAt,
  restartByAt
} from "./by-at.ts"
export { alignPreferenceByAt } from "./at-preference.ts"
export { verifyDownloadByAt, verifyFirmwareByAt, verifyPreferenceByAt, waitForBootByAt } from "./at-boot.ts"
export {
  compareGivenSettings,
  compareGivenSettingsByAt,
  compareSettings,
  compareSettingsByAt,
  snapshotSettings,
  snapshotSettingsByAt
} from "./settings.ts"
export {
  checkNotInUse,
  checkStored,
  deleteStoredImage,
  deleteStoredImageByAt,
  verifyDeleted,
  verifyDeletedByAt
} from "./stored.ts"
export type { Deletable, DeleteSent } from "./stored.ts"
export type { Validated } from "./boot.ts"
export type {
  Delivery,
  DownloadDelivery,
  Deletion,
  DownloadList,
  FlowOptions,
  Selection,
  Target,
  Transferred,
  WantedFirmware,
  WantedPreference
} from "./state.ts"
