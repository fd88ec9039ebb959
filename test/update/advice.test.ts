import { assert, describe, it } from "@effect/vitest"
import * as NodeChildProcess from "node:child_process"
import { nextCommand } from "../../src/update/advice.ts"
import type { CommandWords } from "../../src/update/advice.ts"
import type { Condition } from "../../src/update/condition.ts"

const preference = { firmware: "02.33.03.00", config: "002.072_000", carrier: "GENERIC" }
const words: CommandWords = { images: ["a.cwe", "b.nvu"], selection: ["--usb-path", "1-2"] }

describe("the command that goes on", () => {
  const recover = "boothold recover --usb-path 1-2 --images a.cwe --images b.nvu"
  const advised: { readonly [T in Condition["_tag"]]: readonly [Condition & { readonly _tag: T }, string] } = {
    Untouched: [{ _tag: "Untouched" }, "boothold update --usb-path 1-2 a.cwe b.nvu"],
    PreferenceRestored: [{ _tag: "PreferenceRestored", preference }, "boothold update --usb-path 1-2 a.cwe b.nvu"],
    PreferenceChanged: [{ _tag: "PreferenceChanged", wanted: preference }, recover],
    RolledBack: [{ _tag: "RolledBack", firmware: "1" }, "boothold update --usb-path 1-2 a.cwe b.nvu"],
    RunningOther: [{ _tag: "RunningOther", found: "x" }, recover],
    BootAndHold: [{ _tag: "BootAndHold" }, recover],
    HalfWritten: [{ _tag: "HalfWritten", image: "a.cwe", sent: 1, bytes: 2 }, recover],
    LeftBus: [{ _tag: "LeftBus" }, recover],
    WrittenNotReset: [{ _tag: "WrittenNotReset" }, recover],
    Restarting: [{ _tag: "Restarting" }, recover],
    DeleteSent: [{ _tag: "DeleteSent", image: "02.05.07.00" }, "boothold images list --usb-path 1-2"],
    ImageDeleted: [{ _tag: "ImageDeleted", image: "02.05.07.00" }, "boothold images list --usb-path 1-2"],
    Running: [{ _tag: "Running", firmware: "02.33.03.00" }, "boothold list --usb-path 1-2"]
  }
  for (const [tag, [condition, command]] of Object.entries(advised)) {
    it(`fits the state: ${tag}`, () => {
      assert.strictEqual(nextCommand(condition, words), command)
    })
  }

  it("is the one that ran, where nothing was changed", () => {
    assert.strictEqual(
      nextCommand({ _tag: "Untouched" }, { ...words, command: "reset" }),
      "boothold reset --usb-path 1-2"
    )
    // One that was to be sent images in boot-and-hold is still there, or is not: that is looked at.
    assert.strictEqual(nextCommand({ _tag: "Untouched" }, { ...words, command: "download" }), recover)
    assert.strictEqual(nextCommand({ _tag: "BootAndHold" }, { ...words, command: "update" }), recover)
  })

  it("carries only the options that the advised command has", () => {
    const options = (command: string) => (command === "update" ? ["--override-download"] : [])
    assert.strictEqual(
      nextCommand({ _tag: "Untouched" }, { ...words, options }),
      "boothold update --usb-path 1-2 --override-download a.cwe b.nvu"
    )
    assert.strictEqual(nextCommand({ _tag: "BootAndHold" }, { ...words, options }), recover)
  })

  it("says IMAGE… where the images have no names, but for a modem that may do without", () => {
    assert.strictEqual(nextCommand({ _tag: "Untouched" }, { images: [], selection: [] }), "boothold update IMAGE…")
    assert.strictEqual(nextCommand({ _tag: "BootAndHold" }, { images: [], selection: [] }), "boothold recover")
    assert.strictEqual(
      nextCommand({ _tag: "Restarting" }, { images: ["-x.cwe"], selection: [] }),
      "boothold recover --images ./-x.cwe"
    )
  })

  it("keeps a file whose name looks like an option a file", () => {
    assert.strictEqual(
      nextCommand({ _tag: "Untouched" }, { images: ["-x.cwe"], selection: [] }),
      "boothold update ./-x.cwe"
    )
  })

  it("quotes what a shell would take apart, and nothing else", () => {
    const images = ["/firm ware/it's.cwe", "SWI9X30C_02.33.03.00.cwe", "$(reboot).nvu", "", "a\nb"]
    assert.strictEqual(
      nextCommand({ _tag: "Untouched" }, { images, selection: ["--serial", "A B"] }),
      `boothold update --serial 'A B' '/firm ware/it'\\''s.cwe' SWI9X30C_02.33.03.00.cwe '$(reboot).nvu' '' 'a\nb'`
    )
  })

  it("arrives in a shell as the very words that went in", () => {
    const images = ["/firm ware/it's.cwe", `"q".cwe`, "$HOME`id`;&|*?.nvu", "back\\slash", "ümlaut.cwe", "~", "#x", ""]
    const command = nextCommand({ _tag: "Untouched" }, { images, selection: ["--carrier", "AT&T (x)"] })
    const script = `boothold() { for word in "$@"; do printf '%s\\0' "$word"; done; }; ${command}`
    const out = NodeChildProcess.execFileSync("/bin/sh", ["-c", script], { encoding: "utf8" })
    assert.deepStrictEqual(out.split("\0").slice(0, -1), ["update", "--carrier", "AT&T (x)", ...images])
  })
})
