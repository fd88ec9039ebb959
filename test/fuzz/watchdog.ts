/** Sees from another thread when an input does not come to an end, writes it down, and ends the process. */
import { mkdirSync, writeFileSync } from "node:fs"
import { isMainThread, Worker, workerData } from "node:worker_threads"

const checkMillis = 1000
/** Long, for a process that gets little of a busy machine. */
const patienceChecks = 120
/** Number of the input, its length, the target's number. */
const headBytes = 12

interface Shared {
  readonly memory: SharedArrayBuffer
  readonly folder: string
}

export interface Watchdog {
  readonly watch: (input: Uint8Array) => void
  readonly stop: () => Promise<number>
}

export const startWatchdog = (longest: number, folder: string): Watchdog => {
  const memory = new SharedArrayBuffer(headBytes + longest)
  const head = new Int32Array(memory, 0, 3)
  const copy = new Uint8Array(memory, headBytes)
  const worker = new Worker(new URL(import.meta.url), { workerData: { memory, folder } satisfies Shared })
  worker.unref()
  return {
    watch: (input) => {
      copy.set(input)
      head[1] = input.length
      head[0] = head[0]! + 1
    },
    stop: () => worker.terminate()
  }
}

const guard = ({ folder, memory }: Shared): void => {
  const head = new Int32Array(memory, 0, 3)
  let last = -1
  let checks = 0
  setInterval(() => {
    const now = Atomics.load(head, 0)
    checks = now === last ? checks + 1 : 0
    last = now
    if (checks < patienceChecks) return
    const input = Buffer.from(new Uint8Array(memory, headBytes, Atomics.load(head, 1)))
    const file = `${folder}/hang-${String(process.pid)}`
    mkdirSync(folder, { recursive: true })
    writeFileSync(file, input)
    process.stderr.write(`no end within ${String((checkMillis * patienceChecks) / 1000)} s: ${file}\n`)
    process.kill(process.pid, "SIGKILL")
  }, checkMillis)
}

if (!isMainThread && (workerData as Partial<Shared> | null)?.memory !== undefined) guard(workerData as Shared)
