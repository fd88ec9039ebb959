/** Images to measure with: made once, in the order in which they are sent. */
import { writeFileSync } from "node:fs"
import { join } from "node:path"

const spec = { familyToken: "SWI9X30C", firmware: "02.33.03.00" }
const carrier = { carrier: "GENERIC", config: "002.072_000" }

const write = (folder, name, bytes) => {
  writeFileSync(join(folder, name), bytes)
  return join(folder, name)
}

/** `Builder` as it is published; a system image of so many MiB, header included. */
export const systemImage = (Builder, folder, mib) =>
  write(
    folder,
    `SWI9X30C_02.33.03.00-${mib}.cwe`,
    Builder.buildSystemImage({ ...spec, size: Math.round(mib * 1024 * 1024) })
  )

export const carrierImage = (Builder, folder) =>
  write(folder, "SWI9X30C_02.33.03.00_GENERIC_002.072_000.nvu", Builder.buildCarrierImage({ ...spec, ...carrier }))
