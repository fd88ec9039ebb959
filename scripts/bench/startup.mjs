/** How long the command line takes to start, and to check an image of 150 MiB, next to bare Node. */
import { join } from "node:path"
import { systemImage } from "./images.mjs"
import { inTurn, median } from "./statistics.mjs"
import { bin, measured } from "./tools.mjs"

const rounds = 21

export const startup = async ({ Builder, folder, helpers }) => {
  const small = systemImage(Builder, folder, 6000 / 1024 / 1024)
  const node =
    (...args) =>
    () =>
      measured(helpers.measure, join(folder, "startup.json"), process.execPath, args)
  const runs = await inTurn(rounds, {
    bare: node("-e", "0"),
    version: node(bin, "--version"),
    inspect: node(bin, "inspect", small)
  })
  const wall = (of) => median(of.map(({ wallMs }) => wallMs))
  const bare = wall(runs.bare)
  const results = [
    { what: "bare Node", value: bare, unit: "ms" },
    { what: "--version, above bare Node", value: wall(runs.version) - bare, unit: "ms", goal: 45 },
    { what: "inspect of a 6 kB image, above bare Node", value: wall(runs.inspect) - bare, unit: "ms", goal: 70 },
    { what: "peak memory of bare Node", value: median(runs.bare.map(({ peakMiB }) => peakMiB)), unit: "MiB" }
  ]
  return { results, runs }
}

/** Every byte read, all CRCs of all levels and the SHA-256: upstream reads headers only. */
export const content = async ({ Builder, folder, helpers }) => {
  const out = join(folder, "content.json")
  const inspect = (file) => () => measured(helpers.measure, out, process.execPath, [bin, "inspect", file])
  const runs = await inTurn(7, {
    small: inspect(systemImage(Builder, folder, 1)),
    large: inspect(systemImage(Builder, folder, 150))
  })
  const wall = (of) => median(of.map(({ wallMs }) => wallMs))
  const cpu = (of) => median(of.map(({ cpuMs }) => cpuMs))
  const results = [
    { what: "inspect of 150 MiB, whole process", value: wall(runs.large) / 1000, unit: "s", goal: 0.3 },
    { what: "CPU of it, above that of 1 MiB", value: cpu(runs.large) - cpu(runs.small), unit: "ms" }
  ]
  return { results, runs }
}
