/** The first message to mbim-proxy: which device the connection is for (qmi.md §5.4). */
import { PROXY_CONFIGURATION, ServiceId } from "./codes.ts"
import { viewOf } from "../layout.ts"
import type { MbimMessage } from "./message.ts"

const headSize = 12

/**
 * Place and size of the path, seconds that the proxy may take to open it, the path in UTF-16LE, filled up to a multiple
 * of four. The filling was seen from libmbim 1.28's `mbimcli`.
 */
export const proxyConfiguration = (transaction: number, path: string, seconds: number): MbimMessage => {
  const size = 2 * path.length
  const buffer = new Uint8Array(headSize + Math.ceil(size / 4) * 4)
  const view = viewOf(buffer)
  view.setUint32(0, headSize, true)
  view.setUint32(4, size, true)
  view.setUint32(8, seconds, true)
  for (let at = 0; at < path.length; at++) view.setUint16(headSize + 2 * at, path.charCodeAt(at), true)
  return { _tag: "Command", transaction, service: ServiceId.proxy, cid: PROXY_CONFIGURATION, type: "set", buffer }
}
