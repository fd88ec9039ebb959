/**
 * Runs downloads where /sys and /dev show one modem in boot-and-hold (test/bench/namespace.sh): the tools of a case in
 * turn, each on the same terminal. Reads the cases as JSON from the file in its argument, prints one line of JSON per case.
 */
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { startBootLoader } from "./BootLoader.mjs"
import { hold, holdAgain, makeControl, node, onReset, release } from "./fake-system.mjs"
import { inTurn } from "./statistics.mjs"
import { measured } from "./tools.mjs"

const { bin, cases, folder, helpers } = JSON.parse(readFileSync(process.argv[2], "utf8"))

/** The command of each tool, as its user types it. */
const commands = {
  upstream: (files) => ["qmi-firmware-update", "--ignore-mm-runtime-check", "-U", "-t", node, ...files],
  boothold: (files) => [process.execPath, bin, "download", "--tty", node, "--skip-validation", "--yes", ...files],
  client: (files) => [helpers.client, node, ...files]
}

const download = async ({ ackMs = 0, files, lastMs = ackMs, name, rounds, tools }) => {
  const timing = ["--ack-ms", `${ackMs}`, "--last-ms", `${lastMs}`]
  const loader = await startBootLoader(helpers["boot-loader"], [...timing, ...onReset, ...files])
  const run = (tool) => async () => {
    const [command, ...args] = commands[tool](files)
    const out = join(folder, "measured.json")
    const session = loader.session()
    const process = measured(helpers.measure, out, command, args)
    // Whichever goes wrong first ends the case: a session that will not come, or a program that will not end.
    await Promise.race([Promise.all([session, process]), session.then(() => process)])
    const [{ output: _, ...run }, seen] = await Promise.all([process, session])
    holdAgain(loader.tty)
    return { ...run, session: { ...seen, untilFirstByteMs: seen.started - run.started } }
  }
  hold(loader.tty)
  try {
    return { name, runs: await inTurn(rounds, Object.fromEntries(tools.map((tool) => [tool, run(tool)]))) }
  } finally {
    release()
    await loader.stop()
  }
}

makeControl()
for (const one of cases) console.log(JSON.stringify(await download(one)))
process.exit(0)
