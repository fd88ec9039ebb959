/**
 * Real modems (`boothold/live`), on Linux: what `layer` provides takes the place of `boothold/sim`. Everything comes
 * from sysfs and device nodes; udev is not needed.
 */
export { layer } from "./LiveBus.ts"
export { host } from "./host.ts"
export { IgnoreModemManager, modemManager, SystemBusAddress } from "./ModemManager.ts"
export { Roots } from "./Roots.ts"
export { openControl } from "./ControlDevice.ts"
export { openProxy } from "./Proxy.ts"
export { Proxies } from "./ProxyProgram.ts"
export type { ProxyKind, ProxyProgram } from "./ProxyProgram.ts"
export { Transport } from "./Transport.ts"
export type { TransportChoice } from "./Transport.ts"
export { openTty } from "./Tty.ts"
export type { TtyOptions } from "./Tty.ts"
export { historyIn, stateIn } from "./state.ts"
