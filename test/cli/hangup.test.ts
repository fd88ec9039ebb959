/** Who wants to outlive the terminal, by what can be seen of it. */
import { assert, describe, it } from "@effect/vitest"
import { outlivesTerminal } from "../../src/cli/hangup.ts"
import type { Traces } from "../../src/cli/hangup.ts"

const pts = "/dev/pts/3"
/** Started by hand on a terminal. */
const plain: Traces = {
  started: "/usr/bin/boothold",
  standard: [pts, pts, pts],
  inputFlags: "0100002",
  parent: "Name:\tbash\nSigBlk:\t0000000000010000\nSigIgn:\t0000000000384004\nSigCgt:\t000000004b817efb\n"
}

describe("a process started", () => {
  const cases: ReadonlyArray<readonly [name: string, traces: Partial<Traces>, outlives: boolean]> = [
    ["on a terminal", {}, false],
    [
      "where nothing can be seen",
      { started: undefined, standard: [], inputFlags: undefined, parent: undefined },
      false
    ],
    ["in a pipe", { standard: ["pipe:[1]", "pipe:[2]", pts], inputFlags: "00" }, false],
    ["with /dev/null as its input", { standard: ["/dev/null", pts, pts], inputFlags: "0100000" }, false],
    ["with an output that only has nohup in its name", { standard: [pts, "/tmp/my-nohup.out.old", pts] }, false],
    ["by nohup from bash", { started: "/usr/bin/nohup" }, true],
    ["by a program that is called like it", { started: "/opt/not-nohup" }, false],
    // As measured with GNU coreutils 9.1.
    ["by nohup on a terminal", { standard: ["/dev/null", pts, pts], inputFlags: "02100001" }, true],
    ["with nohup's file as its output", { standard: ["pipe:[1]", "/root/nohup.out", "/root/nohup.out"] }, true],
    ["by a shell that ignores SIGHUP", { parent: "Name:\tsh\nSigIgn:\t0000000000000001\n" }, true],
    ["by a shell that ignores SIGINT and SIGQUIT", { parent: "SigIgn:\t0000000000000006\n" }, false],
    ["by something strange", { parent: "SigIgn:\tzzz\n", inputFlags: "9" }, false]
  ]
  for (const [name, traces, outlives] of cases) {
    it(`${name} ${outlives ? "outlives" : "ends with"} its terminal`, () => {
      assert.strictEqual(outlivesTerminal({ ...plain, ...traces }), outlives)
    })
  }
})
