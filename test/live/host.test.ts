/** What is read of a computer, on a picture of /sys, /proc, /etc and /lib/modules. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { join } from "node:path"
import type { UsbDevice } from "../../src/device/UsbBus.ts"
import { host } from "../../src/live/host.ts"
import { Roots } from "../../src/live/Roots.ts"
import { scan } from "../../src/live/Sysfs.ts"
import { fakeSystem, mc7455 } from "../support/fake-sysfs.ts"
import type { FakeSystem } from "../support/fake-sysfs.ts"

const on =
  (system: FakeSystem) =>
  <A, E, R>(effect: Effect.Effect<A, E, R>) =>
    Effect.provideService(effect, Roots, system.roots)

const release = "6.1.0-18-amd64"
const modules = (name: string): string => `lib/modules/${release}/${name}`

const qcserial = "alias usb:v1199p9070d*dc*dsc*dp*ic*isc*ip*in* qcserial\n"

const withKernel = Effect.map(fakeSystem, (system) => {
  system.file("proc/sys/kernel/osrelease", `${release}\n`)
  system.file(
    modules("modules.alias"),
    `# comment\n${qcserial}alias usb:v1199p9071d*dc*dsc*dp*ic*isc*ip*in08* qmi_wwan\n`
  )
  system.file(
    modules("modules.dep"),
    "kernel/drivers/usb/serial/qcserial.ko.xz: kernel/drivers/usb/serial/usb_wwan.ko.xz\n"
  )
  system.file(modules("modules.builtin"), "kernel/fs/ext4/ext4.ko\n")
  return system
})

describe("the facts of a computer", () => {
  it.effect("have the serial drivers' ids out of the kernel's list, and nothing else of it", () =>
    Effect.gen(function* () {
      const system = yield* withKernel
      const facts = yield* on(system)(host.facts)
      assert.strictEqual(facts.kernel, release)
      assert.deepStrictEqual(facts.aliases, [
        { pattern: "usb:v1199p9070d*dc*dsc*dp*ic*isc*ip*in*", module: "qcserial" }
      ])
      assert.deepStrictEqual(facts.serial, { state: "available", added: [] })
    })
  )

  it.effect("tell a loaded driver, with the ids that it was told", () =>
    Effect.gen(function* () {
      const system = yield* withKernel
      system.file("sys/bus/usb-serial/drivers/qcserial/new_id", "1199 9078\n413c 81b5 ff\n")
      const { serial } = yield* on(system)(host.facts)
      assert.deepStrictEqual(serial, {
        state: "loaded",
        added: [
          { vendorId: 0x1199, productId: 0x9078 },
          { vendorId: 0x413c, productId: 0x81b5 }
        ]
      })
    })
  )

  it.effect("tell a built-in driver, whose ids are in another list", () =>
    Effect.gen(function* () {
      const system = yield* withKernel
      system.file(modules("modules.builtin"), "kernel/drivers/usb/serial/qcserial.ko\n")
      system.file(modules("modules.alias"), "")
      const without = yield* on(system)(host.facts)
      assert.deepStrictEqual([without.serial?.state, without.aliases], ["built-in", undefined])
      system.file(modules("modules.builtin.modinfo"), "qcserial.alias=usb:v1199p9070d*dc*dsc*dp*ic*isc*ip*in*\0")
      assert.lengthOf((yield* on(system)(host.facts)).aliases ?? [], 1)
    })
  )

  it.effect("tell a kernel without the driver, and one of which nothing is known", () =>
    Effect.gen(function* () {
      const system = yield* withKernel
      system.file(modules("modules.dep"), "kernel/fs/ext4/ext4.ko:\n")
      assert.strictEqual((yield* on(system)(host.facts)).serial?.state, "absent")
      const container = yield* fakeSystem
      container.file("proc/sys/kernel/osrelease", `${release}\n`)
      const unknown = yield* on(container)(host.facts)
      assert.deepStrictEqual([unknown.serial, unknown.aliases], [undefined, undefined])
    })
  )

  it.effect("name the file that blacklists it", () =>
    Effect.gen(function* () {
      const system = yield* withKernel
      system.file("etc/modprobe.d/a.conf", "# blacklist qcserial\nblacklist qcserial_other\n")
      assert.isUndefined((yield* on(system)(host.facts)).serial?.blacklistedIn)
      system.file("etc/modprobe.d/b.conf", "options x y=1\n  blacklist qcserial\n")
      assert.match((yield* on(system)(host.facts)).serial?.blacklistedIn ?? "", /b\.conf$/)
      const other = yield* withKernel
      other.file("usr/lib/modprobe.d/c.conf", "install qcserial /bin/true\n")
      assert.match((yield* on(other)(host.facts)).serial?.blacklistedIn ?? "", /c\.conf$/)
    })
  )

  it.effect("tell a virtual machine by the processor's flag, and its name", () =>
    Effect.gen(function* () {
      const system = yield* fakeSystem
      system.file("proc/cpuinfo", "processor\t: 0\nflags\t\t: fpu vme hypervisor_x\n")
      assert.isUndefined((yield* on(system)(host.facts)).virtual)
      system.file("proc/cpuinfo", "processor\t: 0\nflags\t\t: fpu hypervisor lm\n")
      assert.deepStrictEqual((yield* on(system)(host.facts)).virtual, { product: undefined })
      system.file("sys/class/dmi/id/sys_vendor", "QEMU\n")
      system.file("sys/class/dmi/id/product_name", "Standard PC\n")
      assert.deepStrictEqual((yield* on(system)(host.facts)).virtual, { product: "QEMU Standard PC" })
    })
  )

  it.effect("tell a container, and whether its /dev is the kernel's", () =>
    Effect.gen(function* () {
      const system = yield* fakeSystem
      const before = yield* on(system)(host.facts)
      assert.deepStrictEqual([before.container, before.devFromKernel], [false, true])
      system.file(".dockerenv", "")
      system.file(
        "proc/self/mountinfo",
        "1 0 0:1 / / rw - overlay overlay rw\n2 1 0:2 / /dev rw,nosuid - tmpfs tmpfs rw\n"
      )
      const inside = yield* on(system)(host.facts)
      assert.deepStrictEqual([inside.container, inside.devFromKernel], [true, false])
      system.file("proc/self/mountinfo", "2 1 0:2 / /dev rw - tmpfs tmpfs rw\n3 1 0:6 / /dev rw - devtmpfs udev rw\n")
      assert.isTrue((yield* on(system)(host.facts)).devFromKernel)
    })
  )

  it.effect("have memory, ModemManager, the system bus and udev", () =>
    Effect.gen(function* () {
      const system = yield* fakeSystem
      const nothing = yield* on(system)(host.facts)
      assert.deepStrictEqual(
        [nothing.memoryAvailable, nothing.modemManager, nothing.systemBus, nothing.udev],
        [undefined, undefined, false, false]
      )
      system.file("proc/meminfo", "MemTotal: 100 kB\nMemAvailable:    2048 kB\n")
      system.process(812, "ModemManager")
      system.file("run/dbus/system_bus_socket", "")
      system.file("run/udev/control", "")
      const all = yield* on(system)(host.facts)
      assert.deepStrictEqual(
        [all.memoryAvailable, all.modemManager, all.systemBus, all.udev],
        [2_097_152, 812, true, true]
      )
      assert.isAbove(all.disk?.free ?? 0, 0)
    })
  )

  it.effect("have rules of usb_modeswitch, as udev takes them", () =>
    Effect.gen(function* () {
      const system = yield* fakeSystem
      const rules = [
        '# ATTR{idVendor}=="1199", ATTR{idProduct}=="9070", RUN+="usb_modeswitch \'/%k\'"',
        'ATTR{idVendor}=="1199", ATTR{idProduct}=="9071", MODE="0666"',
        'ATTRS{idVendor}=="1199", \\',
        '  ATTRS{idProduct}=="9078|907A", RUN{program}+="/usr/sbin/usb_modeswitch -v 1199"',
        'ATTR{idVendor}=="12d1", RUN+="usb_modeswitch \'/%k\'"',
        'ATTR{bNumConfigurations}!="1", RUN+="usb_modeswitch"'
      ].join("\n")
      system.file("lib/udev/rules.d/40-usb_modeswitch.rules", rules)
      const file = "/lib/udev/rules.d/40-usb_modeswitch.rules"
      assert.deepStrictEqual((yield* on(system)(host.facts)).modeswitch, [
        { file, vendor: "1199", product: "9078" },
        { file, vendor: "1199", product: "907a" },
        { file, vendor: "12d1" }
      ])
      // Masked: a file of that name in /etc takes its place.
      system.file("etc/udev/rules.d/40-usb_modeswitch.rules", "")
      assert.deepStrictEqual((yield* on(system)(host.facts)).modeswitch, [])
    })
  )
})

/** The device as the bus sees it. */
const seen = (system: FakeSystem): Effect.Effect<UsbDevice> =>
  Effect.map(on(system)(scan), ([device]) => {
    assert(device !== undefined)
    return device
  })

describe("the facts of a modem's place", () => {
  it.effect("have every node, and who has it open", () =>
    Effect.gen(function* () {
      const system = yield* fakeSystem
      system.plug(mc7455("1-2", 0, { number: 7 }))
      const wdm = join(system.roots.dev, "cdc-wdm0")
      system.process(42, "minicom", ["/dev/null", join(system.roots.dev, "ttyUSB2")])
      system.process(812, "ModemManager", [wdm, wdm])
      system.file("dev/bus/usb/001/007", "")
      const facts = yield* on(system)(host.device(yield* seen(system)))
      assert.deepStrictEqual(
        facts.nodes.map(({ holders, node, state }) => [node.slice(system.roots.dev.length + 1), state, holders]),
        [
          ["ttyUSB0", "open", []],
          ["ttyUSB1", "open", []],
          ["ttyUSB2", "open", [{ pid: 42, program: "minicom" }]],
          ["cdc-wdm0", "open", [{ pid: 812, program: "ModemManager" }]]
        ]
      )
      assert.strictEqual(facts.usbNode?.state, "open")
    })
  )

  it.effect("have speed, autosuspend and the controller", () =>
    Effect.gen(function* () {
      const system = yield* fakeSystem
      system.plug(mc7455("1-2", 0, { number: 7 }))
      const bare = yield* on(system)(host.device(yield* seen(system)))
      assert.deepStrictEqual(
        [bare.speed, bare.powerControl, bare.controller, bare.usbNode?.state],
        [undefined, undefined, undefined, "absent"]
      )
      const folder = "sys/bus/usb/devices/1-2"
      system.file(`${folder}/speed`, "5000\n")
      system.file(`${folder}/power/control`, "auto\n")
      const facts = yield* on(system)(host.device(yield* seen(system)))
      assert.deepStrictEqual([facts.speed, facts.powerControl], [5000, "auto"])
    })
  )

  it.effect("tell a PCI controller by its numbers, and the one of USB/IP", () =>
    Effect.gen(function* () {
      for (const [parent, files, wanted] of [
        [
          "pci0000:00/0000:00:14.0",
          { vendor: "0x1b36\n", device: "0x000d\n", subsystem_vendor: "0x1AF4\n" },
          { _tag: "Pci", vendor: "1b36", device: "000d", subsystemVendor: "1af4" }
        ],
        ["platform/vhci_hcd.0", {}, { _tag: "UsbIp" }],
        ["platform/fe980000.usb", {}, { _tag: "Other", name: "fe980000.usb" }]
      ] as const) {
        const system = yield* fakeSystem
        system.plug(mc7455("1-2"))
        const device = yield* seen(system)
        for (const [name, text] of Object.entries(files)) system.file(`sys/devices/${parent}/${name}`, text)
        system.file(`sys/devices/${parent}/usb1/1-2/speed`, "480\n")
        system.link("sys/bus/usb/devices/1-2", `sys/devices/${parent}/usb1/1-2`)
        const { controller } = yield* on(system)(host.device(device))
        assert.deepStrictEqual(controller, wanted)
      }
    })
  )
})
