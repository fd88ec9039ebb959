/** The captured messages of qmi.md §5.4, byte by byte. */
import type { MbimMessage } from "../../../src/protocol/mbim/message.ts"
import { hex } from "../bytes.ts"

export const qmi = "d1a30bc2-f97a-6e43-bf65-c7e24fb0f0d3"
export const basicConnect = "a289cc33-bcbb-8b4f-b6b0-133ec2aae6df"

export interface Capture {
  readonly name: string
  readonly bytes: Uint8Array
  readonly message: MbimMessage
}

export const allocateRequest = hex("01 0f 00 00 00 00 00 01 22 00 04 00 01 01 00 02")
export const allocateAnswer = hex("01 17 00 80 00 00 01 01 22 00 0c 00 02 04 00 00 00 00 00 01 02 00 02 05")

export const captures: ReadonlyArray<Capture> = [
  {
    name: "OPEN",
    bytes: hex("01 00 00 00 10 00 00 00 01 00 00 00 00 10 00 00"),
    message: { _tag: "Open", transaction: 1, maxControlTransfer: 4096 }
  },
  {
    name: "OPEN_DONE",
    bytes: hex("01 00 00 80 10 00 00 00 01 00 00 00 00 00 00 00"),
    message: { _tag: "OpenDone", transaction: 1, status: 0 }
  },
  {
    name: "SUBSCRIBE",
    bytes:
      hex(`03 00 00 00 54 00 00 00 02 00 00 00 01 00 00 00 00 00 00 00 a2 89 cc 33 bc bb 8b 4f b6 b0 13 3e c2 aa e6 df
      13 00 00 00 01 00 00 00 24 00 00 00 01 00 00 00 0c 00 00 00 18 00 00 00 d1 a3 0b c2 f9 7a 6e 43 bf 65 c7 e2
      4f b0 f0 d3 01 00 00 00 01 00 00 00`),
    message: {
      _tag: "Command",
      transaction: 2,
      service: basicConnect,
      cid: 19,
      type: "set",
      buffer: hex(
        `01 00 00 00 0c 00 00 00 18 00 00 00 d1 a3 0b c2 f9 7a 6e 43 bf 65 c7 e2 4f b0 f0 d3 01 00 00 00 01 00 00 00`
      )
    }
  },
  {
    name: "ALLOC DMS",
    bytes:
      hex(`03 00 00 00 40 00 00 00 03 00 00 00 01 00 00 00 00 00 00 00 d1 a3 0b c2 f9 7a 6e 43 bf 65 c7 e2 4f b0 f0 d3
      01 00 00 00 01 00 00 00 10 00 00 00 01 0f 00 00 00 00 00 01 22 00 04 00 01 01 00 02`),
    message: { _tag: "Command", transaction: 3, service: qmi, cid: 1, type: "set", buffer: allocateRequest }
  },
  {
    name: "answer to ALLOC DMS",
    bytes:
      hex(`03 00 00 80 48 00 00 00 03 00 00 00 01 00 00 00 00 00 00 00 d1 a3 0b c2 f9 7a 6e 43 bf 65 c7 e2 4f b0 f0 d3
      01 00 00 00 00 00 00 00 18 00 00 00 01 17 00 80 00 00 01 01 22 00 0c 00 02 04 00 00 00 00 00 01 02 00 02 05`),
    message: { _tag: "CommandDone", transaction: 3, service: qmi, cid: 1, status: 0, buffer: allocateAnswer }
  },
  {
    name: "CLOSE",
    bytes: hex("02 00 00 00 0c 00 00 00 06 00 00 00"),
    message: { _tag: "Close", transaction: 6 }
  },
  {
    name: "CLOSE_DONE",
    bytes: hex("02 00 00 80 10 00 00 00 06 00 00 00 00 00 00 00"),
    message: { _tag: "CloseDone", transaction: 6, status: 0 }
  },
  {
    name: "PROXY CFG",
    bytes:
      hex(`03 00 00 00 50 00 00 00 01 00 00 00 01 00 00 00 00 00 00 00 83 8c f7 fb 8d 0d 4d 7f 87 1e d7 1d be fb b3 9b
      01 00 00 00 01 00 00 00 20 00 00 00 0c 00 00 00 14 00 00 00 05 00 00 00 2f 00 64 00 65 00 76 00 2f 00 70 00
      74 00 73 00 2f 00 30 00`),
    message: {
      _tag: "Command",
      transaction: 1,
      service: "838cf7fb-8d0d-4d7f-871e-d71dbefbb39b",
      cid: 1,
      type: "set",
      buffer: hex("0c 00 00 00 14 00 00 00 05 00 00 00 2f 00 64 00 65 00 76 00 2f 00 70 00 74 00 73 00 2f 00 30 00")
    }
  }
]
