import { assert, describe, it } from "@effect/vitest"
import { loadOrder } from "./modules.ts"

const lists = {
  dependencies: [
    "kernel/drivers/usb/core/usbcore.ko: kernel/drivers/usb/common/usb-common.ko",
    "kernel/drivers/usb/common/usb-common.ko:",
    "kernel/drivers/usb/serial/usbserial.ko.xz: kernel/drivers/usb/core/usbcore.ko kernel/drivers/usb/common/usb-common.ko",
    "kernel/drivers/usb/class/cdc-wdm.ko: kernel/drivers/usb/core/usbcore.ko kernel/drivers/usb/common/usb-common.ko",
    ""
  ].join("\n"),
  builtIn: "kernel/fs/9p/9p.ko\n"
}

describe("loadOrder", () => {
  it("puts what a module needs in front of it, and nothing twice", () => {
    assert.deepStrictEqual(loadOrder(lists, ["usbserial", "cdc_wdm"]), [
      "kernel/drivers/usb/common/usb-common.ko",
      "kernel/drivers/usb/core/usbcore.ko",
      "kernel/drivers/usb/serial/usbserial.ko.xz",
      "kernel/drivers/usb/class/cdc-wdm.ko"
    ])
  })

  it("leaves out what the kernel has built in", () => assert.deepStrictEqual(loadOrder(lists, ["9p"]), []))

  it("names a module that does not exist", () => {
    assert.throws(() => loadOrder(lists, ["qcserial"]), "this kernel has no module qcserial")
  })
})
