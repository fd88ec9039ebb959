/** The kernel's way to tell which module is for a device: patterns of `modules.alias` against the device's own line. Pure. */
import { hex4 } from "../device/table/table.ts"
import type { UsbIds } from "../device/table/table.ts"

/** One line of `modules.alias`. */
export interface ModuleAlias {
  /** E.g. `usb:v1199p9070d*dc*dsc*dp*ic*isc*ip*in*`. */
  readonly pattern: string
  readonly module: string
}

/** Lines for USB devices of the kernel's list; everything else in it is passed over. */
export const parseAliases = (text: string): ReadonlyArray<ModuleAlias> =>
  [...text.matchAll(/^alias (usb:\S{1,200}) (\S{1,64})$/gm)].map(([, pattern = "", module = ""]) => ({
    pattern,
    module
  }))

/** The same out of `modules.builtin.modinfo`: `qcserial.alias=usb:…`, each ended by a NUL. */
export const parseBuiltInAliases = (text: string): ReadonlyArray<ModuleAlias> =>
  [...text.matchAll(/(?:^|\0)([\w-]{1,64})\.alias=(usb:[^\0\s]{1,200})(?=\0|$)/g)].map(
    ([, module = "", pattern = ""]) => ({ pattern, module })
  )

/** As modprobe compares: `*` any text, `?` any character, `[0-9A]` one of a set. Linear in both; never backtracks twice. */
export const matchesPattern = (pattern: string, text: string): boolean => {
  let p = 0
  let t = 0
  /** Where to go on after the last `*`, which may take one character more. */
  let star = -1
  let taken = 0
  for (;;) {
    const step = p < pattern.length ? one(pattern, p, text[t]) : undefined
    if (pattern[p] === "*") {
      star = ++p
      taken = t
    } else if (t === text.length) {
      return p === pattern.length
    } else if (step !== undefined) {
      p = step
      t++
    } else if (star !== -1) {
      p = star
      t = ++taken
    } else {
      return false
    }
  }
}

/** Where the pattern goes on behind the one character that it takes at `at`; undefined where it takes another. */
const one = (pattern: string, at: number, character: string | undefined): number | undefined => {
  if (character === undefined) return undefined
  const wanted = pattern[at]
  if (wanted === "?") return at + 1
  if (wanted !== "[") return wanted === character ? at + 1 : undefined
  const end = pattern.indexOf("]", at + 1)
  if (end === -1) return undefined
  const set = pattern.slice(at + 1, end)
  for (let i = 0; i < set.length; i++) {
    const last = set[i + 1] === "-" ? set[i + 2] : undefined
    const [low = "", high = ""] = last === undefined ? [set[i], set[i]] : [set[i], last]
    if (character >= low && character <= high) return end + 1
    if (last !== undefined) i += 2
  }
  return undefined
}

/**
 * The line of a boot loader's only interface: class 0xff with two bulk endpoints (devices.md §3). What no source tells
 * (device release, subclass) is what such devices have; the serial drivers' patterns leave it open.
 */
export const bootModalias = ({ productId, vendorId }: UsbIds): string =>
  `usb:v${hex4(vendorId).toUpperCase()}p${hex4(productId).toUpperCase()}d0000dc00dsc00dp00icFFiscFFipFFin00`

/** Serial drivers that make a download port of a boot loader. */
const serialModules: ReadonlySet<string> = new Set(["qcserial", "option", "sierra"])

/** The serial driver that the kernel would bind to the boot loader with these ids. */
export const serialModuleFor = (ids: UsbIds, aliases: ReadonlyArray<ModuleAlias>): string | undefined => {
  const text = bootModalias(ids)
  return aliases.find(({ module, pattern }) => serialModules.has(module) && matchesPattern(pattern, text))?.module
}
