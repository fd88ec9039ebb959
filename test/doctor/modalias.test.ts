/** Which module is for which device: as modprobe decides it. */
import { assert, describe, it } from "@effect/vitest"
import {
  bootModalias,
  matchesPattern,
  parseAliases,
  parseBuiltInAliases,
  serialModuleFor
} from "../../src/doctor/modalias.ts"

const ids = (vendorId: number, productId: number) => ({ vendorId, productId })

describe("a pattern of modules.alias", () => {
  it("takes what modprobe takes", () => {
    for (const [pattern, text, wanted] of [
      ["", "", true],
      ["", "a", false],
      ["*", "", true],
      ["*", "anything", true],
      ["a*", "a", true],
      ["a*b", "axxb", true],
      ["a*b", "axxbc", false],
      ["a*b*", "abbbb", true],
      ["*b", "abab", true],
      ["a?c", "abc", true],
      ["a?c", "ac", false],
      ["d01[0-9]*", "d0105", true],
      ["d01[0-9]*", "d01A5", false],
      ["d01[0-9A-C]", "d01B", true],
      ["d01[0-9A-C]", "d01D", false],
      ["x[abc]", "xb", true],
      ["x[abc]", "x", false],
      ["x[abc", "xa", false],
      ["usb:v1199p9070d*dc*dsc*dp*ic*isc*ip*in*", "usb:v1199p9070d0006dc00dsc00dp00icFFiscFFipFFin00", true],
      ["usb:v1199p9070d*dc*dsc*dp*ic*isc*ip*in*", "usb:v1199p9074d0006dc00dsc00dp00icFFiscFFipFFin00", false],
      ["usb:v1199p9071d*dc*dsc*dp*ic*isc*ip*in08*", "usb:v1199p9071d0006dc00dsc00dp00icFFiscFFipFFin00", false]
    ] as const) {
      assert.strictEqual(matchesPattern(pattern, text), wanted, `${pattern} ${text}`)
    }
  })

  it("takes no time, whatever it is: a list may have been made by anybody", () => {
    const pattern = "*a".repeat(100)
    assert.isFalse(matchesPattern(pattern, `${"a".repeat(20_000)}b`))
    assert.isTrue(matchesPattern(pattern, "a".repeat(20_000)))
  })
})

describe("the boot loader's line", () => {
  it("has its ids in capitals, as the kernel writes them", () => {
    assert.strictEqual(bootModalias(ids(0x413c, 0x81b5)), "usb:v413Cp81B5d0000dc00dsc00dp00icFFiscFFipFFin00")
  })
})

describe("the kernel's lists", () => {
  const text = [
    "# Aliases extracted from modules themselves.",
    "alias usb:v1199p9071d*dc*dsc*dp*ic*isc*ip*in08* qmi_wwan",
    "alias usb:v1199p9070d*dc*dsc*dp*ic*isc*ip*in* qcserial",
    "alias pci:v00008086d0000293Asv*sd*bc*sc*i* ehci_pci",
    "alias usb:v1199p90D3d*dc*dsc*dp*icFFiscFFip30in* option",
    "alias usb:v1199p9074d*dc*dsc*dp*ic*isc*ip*in* usb_storage",
    ""
  ].join("\n")
  const aliases = parseAliases(text)

  it("are read as far as they are about USB", () => {
    assert.deepStrictEqual(
      aliases.map(({ module }) => module),
      ["qmi_wwan", "qcserial", "option", "usb_storage"]
    )
  })

  it("name the serial driver of a boot loader, and none where only others match", () => {
    assert.strictEqual(serialModuleFor(ids(0x1199, 0x9070), aliases), "qcserial")
    assert.isUndefined(serialModuleFor(ids(0x1199, 0x9074), aliases))
    assert.isUndefined(serialModuleFor(ids(0x1199, 0x9071), aliases))
    // An option entry for one protocol of an interface is none for a boot loader.
    assert.isUndefined(serialModuleFor(ids(0x1199, 0x90d3), aliases))
  })

  it("of what is built in are NUL-separated", () => {
    const builtIn =
      "qcserial.license=GPL v2\0qcserial.alias=usb:v1199p9070d*dc*dsc*dp*ic*isc*ip*in*\0usbcore.alias=usb:x\0"
    assert.deepStrictEqual(parseBuiltInAliases(builtIn), [
      { module: "qcserial", pattern: "usb:v1199p9070d*dc*dsc*dp*ic*isc*ip*in*" },
      { module: "usbcore", pattern: "usb:x" }
    ])
  })
})
