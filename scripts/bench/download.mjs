/**
 * `download` beside upstream's `qmi-firmware-update -U`, both on one pseudo terminal with a boot loader behind it that
 * takes no time, or a given one. Ratios are pair by pair; a goal is the median's.
 */
import { spawn } from "node:child_process"
import { mkdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { createInterface } from "node:readline"
import { makeSystem } from "./fake-system.mjs"
import { systemImage } from "./images.mjs"
import { median, ratios, spread, valued } from "./statistics.mjs"
import { bin, root } from "./tools.mjs"

const both = ["upstream", "boothold"]
const all = [...both, "client"]

const casesOf = (image) => [
  { name: "1 MiB", files: [image(1)], rounds: 7, tools: both },
  { name: "150 MiB", files: [image(150)], rounds: 9, tools: all },
  { name: "64 MiB, slow", files: [image(64)], rounds: 3, tools: all, ackMs: 20, lastMs: 2000 }
]

/** Starts the worker in a namespace of its own; yields the runs of each case by its name. */
const runInside = async (folder, helpers, cases) => {
  const [sys, dev, task] = ["sys", "dev", "cases.json"].map((name) => join(folder, name))
  mkdirSync(dev)
  makeSystem(sys)
  writeFileSync(task, JSON.stringify({ bin, cases, folder, helpers }))
  const worker = [process.execPath, join(root, "scripts/bench/inside.mjs"), task]
  const child = spawn("bash", [join(root, "test/bench/namespace.sh"), sys, dev, ...worker], {
    stdio: ["ignore", "pipe", "inherit"]
  })
  const ended = new Promise((resolve) => child.on("close", resolve))
  const done = {}
  for await (const line of createInterface({ input: child.stdout })) {
    const { name, runs } = JSON.parse(line)
    done[name] = runs
  }
  const status = await ended
  if (status !== 0) throw new Error(`the downloads ended with ${status}`)
  return done
}

const wall = ({ wallMs }) => wallMs
const cpu = ({ cpuMs }) => cpuMs
const turn = ({ session }) => session.turnMs.median
const dead = ({ session }) => session.untilFirstByteMs + session.waitedMs
const peak = (runs) => median(runs.map(({ peakMiB }) => peakMiB))
const seconds = (runs, of) => median(runs.map(of)) / 1000

export const download = async (bench) => {
  const { Builder, folder, helpers } = bench
  const made = new Map()
  const image = (mib) => made.get(mib) ?? made.set(mib, systemImage(Builder, folder, mib)).get(mib)
  const runs = await runInside(folder, helpers, casesOf(image))
  const { "1 MiB": small, "150 MiB": large, "64 MiB, slow": slow } = runs

  const against = (what, ours, theirs, of, goal) => ({
    what: `${what}, ours / upstream`,
    ...valued(ratios(ours, theirs, of)),
    unit: "×",
    goal
  })
  const figure = (what, of) => ({ what, value: of, unit: "s" })
  const results = [
    against("1 MiB, wall", small.boothold, small.upstream, wall, 0.025),
    figure("  wall, upstream", seconds(small.upstream, wall)),
    figure("  wall, ours", seconds(small.boothold, wall)),
    against("150 MiB, content checked, wall", large.boothold, large.upstream, wall, 0.3),
    figure("  wall, upstream", seconds(large.upstream, wall)),
    figure("  wall, ours", seconds(large.boothold, wall)),
    figure("  wall, minimal client (device time)", seconds(large.client, wall)),
    against("150 MiB, content checked, CPU", large.boothold, large.upstream, cpu, 1.8),
    figure("  CPU, upstream", seconds(large.upstream, cpu)),
    figure("  CPU, ours", seconds(large.boothold, cpu)),
    figure("  CPU, minimal client", seconds(large.client, cpu)),
    against("150 MiB, acknowledgement to next chunk", large.boothold, large.upstream, turn, 0.6),
    { what: "  upstream", value: median(large.upstream.map(turn)), unit: "ms" },
    { what: "  ours", value: median(large.boothold.map(turn)), unit: "ms" },
    { what: "  minimal client", value: median(large.client.map(turn)), unit: "ms" },
    figure("150 MiB, the modem waits for us in all", seconds(large.boothold, dead)),
    figure("  for upstream", seconds(large.upstream, dead)),
    against("64 MiB with 20 ms per chunk, wall", slow.boothold, slow.upstream, wall, 0.45),
    { ...against("", slow.boothold, slow.client, wall, 1.1), what: "  ours / device time" },
    figure("  wall, ours", seconds(slow.boothold, wall)),
    figure("  device time", seconds(slow.client, wall)),
    against("peak memory, 150 MiB", large.boothold, large.upstream, ({ peakMiB }) => peakMiB, 6),
    { what: "  ours, 1 MiB", value: peak(small.boothold), unit: "MiB" },
    { what: "  ours, 150 MiB", value: peak(large.boothold), unit: "MiB" },
    { what: "  upstream, 150 MiB", value: peak(large.upstream), unit: "MiB" }
  ]
  return { results, runs, spread: Object.fromEntries(all.map((tool) => [tool, spread(large[tool].map(wall))])) }
}
