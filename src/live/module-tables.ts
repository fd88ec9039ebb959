/** Which drivers this kernel has for what: the lists that depmod and the kernel's build leave in /lib/modules. */
import * as Effect from "effect/Effect"
import { readFile, stat } from "node:fs/promises"
import { readFileSync } from "node:fs"
import { basename, join } from "node:path"
import type { UsbIds } from "../device/table/table.ts"
import type { SerialDriverFacts } from "../doctor/facts.ts"
import { parseAliases, parseBuiltInAliases } from "../doctor/modalias.ts"
import type { ModuleAlias } from "../doctor/modalias.ts"
import { namesIn, readText } from "./attributes.ts"
import { Roots } from "./Roots.ts"

/** `modules.alias` has about 1.3 MB, `modules.builtin.modinfo` 1 MB. */
const longest = 16 * 1024 * 1024

/** A text file of bounded size; undefined where it cannot be read. */
const readBounded = async (path: string): Promise<string | undefined> => {
  try {
    if ((await stat(path)).size > longest) return undefined
    return await readFile(path, "latin1")
  } catch {
    return undefined
  }
}

/** Modules that may make a serial port of a modem: all others are of no interest here. */
const serial: ReadonlySet<string> = new Set(["qcserial", "option", "sierra"])

const isSerial = ({ module }: ModuleAlias): boolean => serial.has(module)

/** `kernel/drivers/usb/serial/qcserial.ko.xz` is `qcserial`. */
const moduleName = (path: string): string =>
  basename(path)
    .replace(/\.ko(\.\w+)?$/, "")
    .replaceAll("-", "_")

const lists = (text: string | undefined, module: string): boolean =>
  text?.split("\n").some((line) => moduleName(line.split(":")[0] ?? "") === module) === true

/** `1199 9070`, one per line; a third word is an interface class. */
const addedIds = (text: string | undefined): ReadonlyArray<UsbIds> =>
  [...(text ?? "").matchAll(/\b([0-9a-f]{4}) ([0-9a-f]{4})\b/gi)].map(([, vendor = "", product = ""]) => ({
    vendorId: Number.parseInt(vendor, 16),
    productId: Number.parseInt(product, 16)
  }))

const blacklistFolders = ["etc/modprobe.d", "run/modprobe.d", "usr/lib/modprobe.d", "lib/modprobe.d"]

/** The file that says that a module is not to be loaded by its aliases. */
const blacklistOf = (root: string, module: string): string | undefined => {
  const forbids = new RegExp(`^\\s*(?:blacklist\\s+${module}\\s*$|install\\s+${module}\\s+\\S*/(?:false|true)\\b)`, "m")
  for (const folder of blacklistFolders) {
    for (const name of namesIn(join(root, folder)).filter((entry) => entry.endsWith(".conf"))) {
      const path = join(root, folder, name)
      try {
        if (forbids.test(readFileSync(path, "utf8"))) return path
      } catch {
        // Not ours to read: then nothing is known of it.
      }
    }
  }
  return undefined
}

export interface ModuleFacts {
  readonly kernel?: string
  readonly aliases?: ReadonlyArray<ModuleAlias>
  readonly serial?: SerialDriverFacts
}

export const moduleFacts: Effect.Effect<ModuleFacts> = Effect.gen(function* () {
  const { proc, root = "/", sys } = yield* Roots
  const kernel = readText(join(proc, "sys/kernel/osrelease"))
  if (kernel === undefined || kernel === "" || kernel.includes("/")) return {}
  const folder = join(root, "lib/modules", kernel)
  const [aliases, builtIn, builtInInfo, dependencies] = yield* Effect.promise(() =>
    Promise.all(
      ["modules.alias", "modules.builtin", "modules.builtin.modinfo", "modules.dep"].map((name) =>
        readBounded(join(folder, name))
      )
    )
  )
  const driver = join(sys, "bus/usb-serial/drivers/qcserial")
  const inKernel = lists(builtIn, "qcserial")
  const loaded = namesIn(join(sys, "bus/usb-serial/drivers")).includes("qcserial")
  const state = inKernel ? "built-in" : loaded ? "loaded" : lists(dependencies, "qcserial") ? "available" : "absent"
  const blacklistedIn = state === "available" ? blacklistOf(root, "qcserial") : undefined
  // What is built in has its aliases in a list of its own: without it, nothing is known of them.
  const readable = aliases !== undefined && (!inKernel || builtInInfo !== undefined)
  return {
    kernel,
    ...(readable
      ? { aliases: [...parseAliases(aliases), ...parseBuiltInAliases(builtInInfo ?? "")].filter(isSerial) }
      : {}),
    // Without lists, a driver that is not loaded may be anywhere.
    ...(state === "absent" && dependencies === undefined
      ? {}
      : {
          serial: {
            state,
            added: addedIds(readText(join(driver, "new_id"))),
            ...(blacklistedIn === undefined ? {} : { blacklistedIn })
          }
        })
  } satisfies ModuleFacts
})
