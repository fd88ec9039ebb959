/**
 * `node test/lab/vm/vm.ts [--udev] [--kvm] [--share DIR] [--log FILE] [--limit SECONDS] [COMMAND ARG…]`: one command in
 * the lab's virtual machine, or a shell on this terminal. Ends with the command's own status; 124 is the time limit, 125
 * a guest that did not answer.
 */
import { parseArgs } from "node:util"
import { kernel } from "./kernel.ts"
import { runMachine } from "./machine.ts"
import { installCommand, missing } from "./requirements.ts"

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    udev: { type: "boolean", default: false },
    kvm: { type: "boolean", default: false },
    share: { type: "string" },
    log: { type: "string" },
    limit: { type: "string", default: "600" },
    kernel: { type: "string" }
  }
})

const lacking = missing()
if (lacking.length > 0) {
  console.error(`missing: ${lacking.join(", ")}\n${installCommand}`)
  process.exit(125)
}

const shell = positionals.length === 0
const env = Object.fromEntries(
  ["PATH", "HOME", "LANG", "TERM"].flatMap((name) => {
    const value = process.env[name]
    return value === undefined ? [] : [[name, value]]
  })
)
const end = await runMachine(
  {
    kernel: kernel((text) => console.error(text), values.kernel),
    command: shell ? ["bash", "--norc", "-i"] : positionals,
    cwd: process.cwd(),
    env,
    udev: values.udev,
    kvm: values.kvm,
    memoryMiB: 1024,
    limitSeconds: shell ? 86_400 : Number(values.limit),
    ...(values.share === undefined ? {} : { share: values.share }),
    ...(values.log === undefined ? {} : { consoleLog: values.log }),
    onOutput: (text) => process.stdout.write(text),
    onError: (text) => process.stderr.write(text)
  },
  shell
)
switch (end._tag) {
  case "Ended":
    process.exitCode = end.status
    break
  case "TimeLimit":
    console.error(`time limit of ${values.limit} s`)
    process.exitCode = 124
    break
  case "NoAnswer":
    console.error(`the guest told no status: ${end.why}`)
    process.exitCode = 125
    break
}
