/**
 * Reading sysfs. A device may vanish between two reads, and a device chooses its own strings: nothing is an error,
 * everything is bounded.
 */
import { closeSync, openSync, readdirSync, readlinkSync, readSync, realpathSync, statSync } from "node:fs"
import { open } from "node:fs/promises"
import { basename } from "node:path"

/** Longest attribute that is looked at: a USB string has at most 126 units, each up to three bytes in UTF-8. */
const longest = 512

const decoder = new TextDecoder()

/** Control characters would let a device draw on the user's terminal. */
const textOf = (bytes: Uint8Array): string =>
  decoder
    .decode(bytes)
    .replaceAll(/[\0-\x1f\x7f-\x9f]/g, " ")
    .trim()

/** An attribute that the kernel answers at once, from memory; undefined where it is not there. */
export const readText = (path: string): string | undefined => {
  try {
    const file = openSync(path, "r")
    try {
      const buffer = Buffer.allocUnsafe(longest)
      return textOf(buffer.subarray(0, readSync(file, buffer, 0, longest, null)))
    } finally {
      closeSync(file)
    }
  } catch {
    return undefined
  }
}

/**
 * An attribute for which the kernel takes the device's lock: while drivers bind, or while the device does not answer
 * them, that lasts seconds. It is waited for beside the event loop.
 */
export const readLocked = async (path: string): Promise<string | undefined> => {
  try {
    const file = await open(path, "r")
    try {
      const { buffer, bytesRead } = await file.read(Buffer.allocUnsafe(longest), 0, longest, null)
      return textOf(buffer.subarray(0, bytesRead))
    } finally {
      await file.close()
    }
  } catch {
    return undefined
  }
}

/** Longest file of bytes: nobody has so many configurations. */
const mostBytes = 65_536

/** A file of bytes, or its beginning, beside the event loop; undefined where it is not there. */
export const readBytes = async (path: string): Promise<Uint8Array | undefined> => {
  try {
    const file = await open(path, "r")
    try {
      const buffer = Buffer.allocUnsafe(mostBytes)
      let length = 0
      // The kernel gives out a page at a time.
      for (;;) {
        const { bytesRead } = await file.read(buffer, length, mostBytes - length, length)
        length += bytesRead
        if (bytesRead === 0 || length === mostBytes) return new Uint8Array(buffer.subarray(0, length))
      }
    } finally {
      await file.close()
    }
  } catch {
    return undefined
  }
}

const numberOf =
  (pattern: RegExp, radix: number) =>
  (text: string | undefined): number | undefined =>
    text !== undefined && pattern.test(text) ? Number.parseInt(text, radix) : undefined

/** `1199`, `ff`: what sysfs writes without a prefix. */
export const hexOf = numberOf(/^[0-9a-f]{1,4}$/i, 16)
export const decimalOf = numberOf(/^\d{1,5}$/, 10)

/** Most entries of one folder that are looked at. */
const mostEntries = 4096

/** Names in a folder; none where it is not there. */
export const namesIn = (path: string): ReadonlyArray<string> => {
  try {
    return readdirSync(path).slice(0, mostEntries)
  } catch {
    return []
  }
}

/** Last part of what a link points to, e.g. the driver's name. */
export const linkName = (path: string): string | undefined => {
  try {
    return basename(readlinkSync(path))
  } catch {
    return undefined
  }
}

/** Number that no other folder has while the system runs. */
export const inodeOf = (path: string): string | undefined => {
  try {
    return String(statSync(path, { bigint: true }).ino)
  } catch {
    return undefined
  }
}

/** Without symbolic links; undefined where it is not there. */
export const realPath = (path: string): string | undefined => {
  try {
    return realpathSync(path)
  } catch {
    return undefined
  }
}
