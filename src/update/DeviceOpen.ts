/** Which protocol a control port is spoken to in: what `--device-open-qmi`, `-mbim` and `-auto` choose (qmi.md §2.1). */
import * as Context from "effect/Context"

export type DeviceOpenMode = "auto" | "qmi" | "mbim"

/** Provide it around planning and running. `auto`: by the port's driver, then by trying. */
export const DeviceOpen = Context.Reference<DeviceOpenMode>("boothold/update/DeviceOpen", {
  defaultValue: () => "auto"
})

/**
 * Whether control ports are opened by `qmi-proxy` or `mbim-proxy`, whichever speaks the port's protocol: `-p`. Provide
 * it around planning and running; of no effect on simulated modems.
 */
export const DeviceOpenProxy = Context.Reference<boolean>("boothold/update/DeviceOpenProxy", {
  defaultValue: () => false
})

/** Kernel drivers whose ports speak one protocol only. */
const drivers: ReadonlyMap<string, "qmi" | "mbim"> = new Map([
  ["qmi_wwan", "qmi"],
  ["cdc_mbim", "mbim"]
])

/** `undefined`: nothing tells, it is to be tried. `speaks`: what the port itself tells, under whatever driver. */
export const carrierOf = (mode: DeviceOpenMode, driver: string, speaks?: "qmi" | "mbim"): "qmi" | "mbim" | undefined =>
  mode === "auto" ? (speaks ?? drivers.get(driver)) : mode
