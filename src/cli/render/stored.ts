/** One stored image for people. */
import type { StoredImage } from "../../plan/facts.ts"

export const storedText = (image: StoredImage): string => {
  const slot = image.storageIndex === 0xff ? "" : `slot ${String(image.storageIndex)}: `
  const failures = image.failures === undefined || image.failures === 0 ? "" : `, ${String(image.failures)} failures`
  const status = image.status === undefined ? "" : `, ${image.status}`
  const runs = image.running ? "  (running)" : ""
  return `${slot}${image.type} ${image.buildId} ${image.uniqueId}${status}${failures}${runs}`
}
