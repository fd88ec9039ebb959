/**
 * `npm run test:lab [-- [--group NAME] [--all] [--kvm] [--required] [WORD…]]`: modems in software under the kernel's own drivers,
 * in a virtual machine; Debian's tools and ours use them. WORD: only cases whose names contain it. Where the machine
 * lacks what is needed, everything is skipped, and said to be; with --required that is a failure. The last line counts.
 */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { availableParallelism } from "node:os"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { parseArgs } from "node:util"
import { rolldown } from "rolldown"
import { fidelityResults } from "../fidelity/report.ts"
import { allowedDifferences } from "../fidelity/licences.ts"
import { heardIn } from "./cases/updates.ts"
import type { Boot } from "./groups.ts"
import { boots } from "./groups.ts"
import { casesWanted } from "./guest/wanted.ts"
import type { Case } from "./guest/harness.ts"
import { imageFiles } from "./images.ts"
import type { CaseResult } from "./results.ts"
import { kernel } from "./vm/kernel.ts"
import type { Kernel } from "./vm/kernel.ts"
import { runMachine } from "./vm/machine.ts"
import { installCommand, missing } from "./vm/requirements.ts"

const root = fileURLToPath(new URL("../..", import.meta.url))
const share = join(root, ".lab")
const results = join(share, "results")
const images = join(share, "images")
const programs = join(share, "programs")

const { positionals: words, values } = parseArgs({
  allowPositionals: true,
  options: {
    group: { type: "string", multiple: true, default: [] },
    all: { type: "boolean", default: false },
    kvm: { type: "boolean", default: false },
    required: { type: "boolean", default: false }
  }
})

const namesOf = async ({ group }: Boot): Promise<ReadonlyArray<string>> => {
  const { cases } = (await import(`./cases/${group}.ts`)) as { readonly cases: ReadonlyArray<Case> }
  return casesWanted(cases, words, values.all).map(({ name }) => name)
}

const resultsOf = ({ group }: Boot): ReadonlyArray<CaseResult> => {
  const file = join(results, `${group}.jsonl`)
  if (!existsSync(file)) return []
  return readFileSync(file, "utf8")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as CaseResult)
}

/** What runs in the guests, as plain JavaScript. */
const makePrograms = async (): Promise<void> => {
  const cases = boots.map(({ group }): [string, string] => [group, join(root, `test/lab/cases/${group}.ts`)])
  const build = await rolldown({
    input: { main: join(root, "test/lab/guest/main.ts"), ...Object.fromEntries(cases) },
    cwd: root,
    platform: "node"
  })
  await build.write({ dir: programs, format: "esm", entryFileNames: "[name].mjs", chunkFileNames: "[name]-[hash].mjs" })
  await build.close()
}

/** One guest from start to end; every wanted case has a result, also when the guest broke down. */
const runBoot = async (
  guest: Kernel,
  boot: Boot,
  names: ReadonlyArray<string>,
  background: boolean
): Promise<ReadonlyArray<CaseResult>> => {
  const { group, limitSeconds, udev } = boot
  console.log(`\n${group}: a guest ${udev ? "with" : "without"} udevd, ${String(names.length)} cases`)
  const consoleLog = join(results, `${group}-console.log`)
  let errors = ""
  const end = await runMachine({
    kernel: guest,
    command: [process.execPath, join(programs, "main.mjs"), group, results, ...(values.all ? ["--all"] : []), ...words],
    cwd: root,
    env: {
      PATH: `${dirname(process.execPath)}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin`,
      HOME: "/root",
      LANG: "C.UTF-8",
      LAB_ROOT: root,
      LAB_IMAGES: images,
      LAB_MODULES: dirname(guest.image)
    },
    share,
    udev,
    kvm: values.kvm,
    background,
    memoryMiB: 1024,
    limitSeconds,
    consoleLog,
    onOutput: (text) => process.stdout.write(text),
    onError: (text) => (errors += text.toString())
  })
  const told = resultsOf(boot)
  const why =
    end._tag === "TimeLimit"
      ? `the guest was ended after ${String(limitSeconds)} s`
      : end._tag === "NoAnswer"
        ? `the guest broke down: ${end.why}`
        : `the guest's runner ended with status ${String(end.status)}`
  const lost = names.filter((name) => !told.some((result) => result.name === name))
  if (end._tag !== "Ended" || end.status !== 0 || lost.length > 0) {
    console.log(`${why}; what its kernel said: ${consoleLog}\n${errors}`)
  }
  return [...told, ...lost.map((name): CaseResult => ({ group, name, outcome: "failed", millis: 0, why }))]
}

/** The log of the case has all of it. */
const shortened = (text: string): string => {
  const lines = text.split("\n")
  const most = 60
  return lines.length <= most
    ? text
    : [...lines.slice(0, most), `… and ${String(lines.length - most)} lines`].join("\n")
}

const chosen = boots.filter(({ group, onlyByName = false }) =>
  values.group.length === 0 ? !onlyByName || values.all : values.group.includes(group)
)
const plan = await Promise.all(chosen.map(async (boot) => ({ boot, names: await namesOf(boot) })))
const wanted = plan.filter(({ names }) => names.length > 0)
const count = wanted.reduce((sum, { names }) => sum + names.length, 0)

const finish = (passed: number, failed: number, skipped: number): void => {
  console.log(`\nlab: ${String(passed)} passed, ${String(failed)} failed, ${String(skipped)} skipped`)
  process.exitCode = failed > 0 ? 1 : 0
}

const lacking = process.platform === "linux" && process.arch === "x64" ? missing() : ["Linux on x86-64"]
if (lacking.length > 0) {
  console.log(
    [
      "SKIPPED: the lab. Nothing was tried on real kernel drivers.",
      `It needs: ${lacking.join(", ")}`,
      `This brings it (Debian, Ubuntu): ${installCommand}`
    ].join("\n")
  )
  finish(0, values.required ? count : 0, values.required ? 0 : count)
} else {
  rmSync(share, { recursive: true, force: true })
  for (const folder of [results, images]) mkdirSync(folder, { recursive: true })
  for (const [name, bytes] of Object.entries(imageFiles())) writeFileSync(join(images, name), bytes)
  await makePrograms()
  const guest = kernel((text) => console.log(text))
  console.log(`kernel ${guest.version}, ${values.kvm ? "KVM" : "emulated"}; logs: ${results}`)
  const from = performance.now()
  const all: Array<CaseResult> = []
  const runTimed = async ({ boot, names }: (typeof wanted)[number], background: boolean): Promise<void> => {
    const began = performance.now()
    all.push(...(await runBoot(guest, boot, names, background)))
    console.log(`${boot.group}: ${((performance.now() - began) / 1000).toFixed(0)} s`)
  }
  const first = wanted.filter(({ boot }) => boot.first === true)
  const others = wanted.filter((one) => !first.includes(one))
  const lane = async (background: boolean): Promise<void> => {
    for (let next = others.shift(); next !== undefined; next = others.shift()) await runTimed(next, background)
  }
  const front = async (): Promise<void> => {
    for (const one of first) await runTimed(one, false)
    await lane(false)
  }
  // A guest leaves about half of two processors idle: a second one takes what the first leaves.
  await Promise.all([front(), ...(availableParallelism() > 1 ? [lane(true)] : [])])
  // Both tools have been heard in full: what they said is compared.
  const heard = new Set(wanted.map(({ boot }) => boot.group))
  const heardHere = heardIn.map(({ compared, groups }) => ({
    groups,
    compared: compared.filter(({ extended = false }) => values.all || !extended)
  }))
  const complete = words.length === 0 ? heardHere.filter(({ groups }) => groups.every((group) => heard.has(group))) : []
  if (complete.length > 0) {
    const cases = complete.flatMap(({ compared }) => compared)
    const said = fidelityResults(results, cases, allowedDifferences.allowed, {
      all: complete.length === heardIn.length
    })
    for (const { name, outcome } of said) console.log(`  ${outcome.padEnd(7)} ${name}`)
    all.push(...said)
  }
  for (const { group, name, outcome, why } of all) {
    if (outcome === "failed") console.log(`\nFAILED  ${group}: ${name}\n${shortened(why ?? "")}`)
  }
  const counted = (outcome: CaseResult["outcome"]) => all.filter((result) => result.outcome === outcome).length
  console.log(`\n${((performance.now() - from) / 1000).toFixed(0)} s in all`)
  finish(counted("passed"), counted("failed"), counted("skipped"))
}
