/** Kernel modules in the order in which they load, from the lists that depmod and the kernel package have. Pure. */

export interface ModuleLists {
  /** `modules.dep`: a path, a colon, and all that it needs, the last first to load. */
  readonly dependencies: string
  /** `modules.builtin`: paths of what is part of the kernel image. */
  readonly builtIn: string
}

/** `kernel/drivers/usb/class/cdc-wdm.ko.xz` is `cdc_wdm`. */
const moduleName = (path: string): string =>
  path
    .replace(/^.*\//, "")
    .replace(/\.ko(\.\w+)?$/, "")
    .replaceAll("-", "_")

/** Paths of these modules and of everything that they need, each once, each behind what it needs. */
export const loadOrder = (lists: ModuleLists, names: ReadonlyArray<string>): ReadonlyArray<string> => {
  const lines = (text: string) => text.split("\n").filter((line) => line !== "")
  const builtIn = new Set(lines(lists.builtIn).map(moduleName))
  const known = new Map(
    lines(lists.dependencies).map((line) => {
      const [path = "", needed = ""] = line.split(":")
      return [moduleName(path), { path, needs: needed.split(" ").filter((need) => need !== "") }]
    })
  )
  const order = new Set<string>()
  for (const name of names) {
    const found = known.get(moduleName(name))
    if (found === undefined) {
      if (builtIn.has(moduleName(name))) continue
      throw new Error(`this kernel has no module ${name}`)
    }
    for (const path of [...found.needs.toReversed(), found.path]) order.add(path)
  }
  return [...order]
}
