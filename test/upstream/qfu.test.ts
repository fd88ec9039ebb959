/**
 * `boothold qfu` against the program whose command lines it takes (Debian package libqmi-utils), unmodified: the same
 * words to both, for everything that needs no modem. Exit status and where something is said must be the same; what is
 * said is each one's own. With modems, the lab does it (test/lab/cases/qfu.ts).
 */
import { assert, beforeAll, afterAll, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { spawnSync } from "node:child_process"
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { brokenImages, goodImages } from "../../scripts/make-fixtures.mts"
import { runQfu } from "../cli/qfu/support.ts"

const program = "qmi-firmware-update"
const installed = spawnSync(program, ["--version"]).status === 0
if (!installed) console.warn(`SKIPPED: qfu against ${program}, which is not installed (Debian package libqmi-utils)`)

interface Seen {
  readonly status: number | null
  /** Something stands on the output; where it failed, that is whatever was done before. */
  readonly output: boolean | undefined
  /** An error stands beside it. */
  readonly error: boolean
}

let folder = ""
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "boothold-qfu-"))
  mkdirSync(join(folder, "broken"))
  for (const [name, bytes] of Object.entries(goodImages)) writeFileSync(join(folder, name), bytes)
  for (const [name, [, bytes]] of Object.entries(brokenImages)) {
    mkdirSync(join(folder, name, ".."), { recursive: true })
    writeFileSync(join(folder, name), bytes)
  }
  for (const name of ["amss.mbn", "apps.mbn"]) writeFileSync(join(folder, name), new Uint8Array(2000).fill(127))
  symlinkSync("/dev/null", join(folder, "ttyLink"))
  symlinkSync("/dev/ttyS0", join(folder, "link"))
})
afterAll(() => {
  rmSync(folder, { recursive: true })
})

const system = "@SWI9X30C_02.33.03.00.cwe"
const carrier = "@SWI9X30C_02.33.03.00_GENERIC_002.072_001.nvu"
/** No such ids are given to anybody. */
const nobody = "fffe:fffe"

/** `@` stands for the folder with the images. */
const wordsOf = (words: ReadonlyArray<string>) => words.map((word) => word.replace(/@/, `${folder}/`))

const theirs = (words: ReadonlyArray<string>): Seen => {
  const { status, signal, stderr, stdout } = spawnSync(program, wordsOf(words), { encoding: "utf8", timeout: 20_000 })
  return {
    status: signal === "SIGABRT" ? 134 : status,
    output: status === 0 ? stdout !== "" : undefined,
    error: /^error: /m.test(stderr)
  }
}

const ours = (words: ReadonlyArray<string>): Effect.Effect<Seen> =>
  Effect.map(runQfu(wordsOf(words)), ({ code, err, out }) => ({
    status: code,
    output: code === 0 ? out !== "" : undefined,
    error: /^error: /m.test(err)
  }))

/** The group of command lines, and every line of it: what stands between blanks is a word, `''` an empty one. */
const lines: { readonly [group: string]: ReadonlyArray<string> } = {
  "what is shown": [
    ...[
      "-h",
      "--help",
      "--help=x",
      "-V",
      "--version",
      "-H",
      "--help-examples",
      "-hV",
      "-Hh",
      "-HVh",
      "-zV",
      "-V -z -u x"
    ],
    ...["-hz", "-h -u -b", "-h -d 1199 -s 1", "-V -L /nonexistent/log", "-h -vS"]
  ],
  "what is no option": [
    ...["-x", "--xyz", "--help-all", "--help-selection", "-?", "--ver", "--verif @x", "---z", "-=", "-z= x"],
    ...["-h --xyz", "--xyz -h", "-zx @x", "-z- @x", `-z${system}`, `-z=1 ${system}`, `--Verify ${system}`]
  ],
  "no action, or several": [
    ...["''", "-", "--", "x", "-v", "-S", `-d ${nobody}`, `-- -z ${system}`, `- -d ${nobody}`],
    ...[`-uz ${system}`, "-u -z", `-ub ${system}`, `-U -u ${system}`, "-bz", `--update --reset ${system}`]
  ],
  "no files": ["-u", "-U", "-z", "--verify", "-z --", `-u -d ${nobody}`, "-U -t /dev/ttyUSB9", "-vz"],
  verify: [
    ...[`-z ${system}`, `--verify ${system} ${carrier}`, `${system} -z`, `-z -- ${system}`, `-vz ${system}`],
    ...[`-zv ${system}`, `-zz ${system}`, `--verify=1 ${system}`, `--verify= ${system}`, `-z ${system} ${system}`],
    ...["-z @MC7700_03.05.29.03_00_generic_000.000_001.cwe", `-z file://${system}`, "-z @amss.mbn @apps.mbn"],
    ...[`-z nofile ${system}`, `-z ${system} nofile`, "-z nofile", "-z ''", "-z -", "-z /dev/null", "-z @broken"],
    ...["-z @broken/empty.cwe", "-z @broken/setup.exe", "-z @broken/archive.zip", `-z @broken/setup.exe ${system}`],
    ...["-z @broken/truncated.cwe", "-z @broken/trailing-bytes.cwe", "-z @broken/bad-text.cwe"],
    ...[`-z -- -- ${system}`, `-z ${system} -- -d`, "-z -- -d", "-z /nonexistent/amss.mbn"]
  ],
  "options that another action does not look at": [
    `-z ${system} -d 1199 -s 5 -w x -t y`,
    `-z ${system} -f 1 -c 2 -C 3 --override-download --skip-validation --ignore-version-errors`,
    ...[`-z ${system} --device-open-qmi --device-open-mbim --device-open-auto -p --ignore-mm-runtime-check`],
    ...["0x10", "010", "-1", "256", "0", "2147483647"].map((slot) => `-z ${system} --modem-storage-index ${slot}`),
    ...["''"].map((path) => `-z ${system} --tty= -w ${path}`)
  ],
  values: [
    ...["abc", "5x", "''", "99999999999", "0x"].map((slot) => `-z ${system} --modem-storage-index ${slot}`),
    ...["-d", "--vid-pid", "-zd", "-L", "-t", "--carrier", "--modem-storage-index"],
    ...[
      "0",
      "10000",
      "xyz",
      "1199:",
      "1199:0",
      ":9071",
      "1199:9071:1",
      "-1",
      "0x",
      "18446744073709551617",
      "-z"
    ].flatMap((ids) => [`-z ${system} -d ${ids}`, `-z ${system} --vid-pid=${ids}`]),
    ...["0", "x", "1:0", "1:2:3", "0:5", ":5", "5:", "-1", "0x5", "4294967296"].map(
      (numbers) => `-z ${system} -s ${numbers}`
    ),
    ...["1199", "1199:9071", "0x1199:0x9071", "+1199", "1199x", "ffff:ffff"].map((ids) => `-z ${system} -d ${ids}`),
    ...["5", "1:7", "001:007", "+1", "1x:2y", "4294967295"].map((numbers) => `-z ${system} -s ${numbers}`)
  ],
  "combined letters and their values": [
    `-zd 1199 ${system}`,
    `-dz 1199 ${system}`,
    `-vzd 1199 ${system}`,
    `-d1199:9071 -z ${system}`,
    `-zt/dev/ttyUSB0 ${system}`,
    `-dw 1199 /dev/cdc-wdm0 -z ${system}`,
    `-ztf /dev/ttyUSB0 1.2 ${system}`,
    `-zvpd 1199 ${system}`
  ],
  "the log": [
    ...[`-vS -z ${system}`, `-v -S -z ${system}`, `-S -z ${system}`, `-L /nonexistent/log -z ${system}`],
    ...[`-L @ -z ${system}`, `-L @log -z ${system}`, `-L '' -z ${system}`, `-vL @log -z ${system}`, `-vS -L @log2 -u`]
  ],
  "no modem": [
    ...[`-u ${system}`, `-U ${system}`, "-b", "-b x", "-bb", `-v -u ${system}`, `-S -u ${system}`, "-u nofile"],
    ...[`-u ${system} -d ${nobody}`, `-ud ${nobody} ${system} ${carrier}`, `-b -d ${nobody}`, `-v -b -d ${nobody}`],
    ...[
      `-U -d ${nobody} ${system}`,
      `-u ${system} -s 4294967295`,
      "-b -s 999",
      `-u -d fffe ${system} --ignore-mm-runtime-check`
    ],
    ...[
      `-u -w /dev/cdc-wdm77 ${system}`,
      `-u -w cdc-wdm77 ${system}`,
      `-U -t /dev/ttyUSB77 ${system}`,
      "-b -w /dev/ttyUSB77"
    ],
    ...[
      "-b -t /dev/cdc-wdm77",
      "-b -w ''",
      "-b --tty=",
      "-b -w /dev/null",
      "-b -t @link",
      "-b -t @ttyLink",
      "-b -t nothing"
    ],
    ...[`-u ${system} -w /dev/cdc-wdm77 -t /dev/ttyUSB77`, `-b -d ${nobody} -s 5`, `-u -d ${nobody} nofile`],
    ...[
      `-b -d ${nobody} --device-open-qmi --device-open-mbim`,
      `-U -d ${nobody} --device-open-qmi --device-open-auto ${system}`
    ],
    ...[`-u -d ${nobody} ${system} --modem-storage-index 256`, `-u -d ${nobody} -d fffd ${system}`],
    ...[`-u -d ${nobody} -f 02.33.03.00 -c 002.072_000 -C GENERIC --override-download -p ${system}`]
  ]
}

/** Where we are not the same, on purpose (docs/qfu.md). */
const differences: ReadonlyArray<{
  readonly line: string
  readonly why: string
  readonly theirs: number
  readonly ours: number
}> = [
  ...["content-crc.nvu", "header-crc.cwe", "part-exceeds-parent.cwe", "nine-levels.cwe", "empty-part.cwe"].map(
    (name) => ({
      line: `-z @broken/${name}`,
      why: "it checks no checksum and no structure of parts",
      theirs: 0,
      ours: 1
    })
  ),
  { line: `-d '' -z ${system}`, why: "it aborts", theirs: 134, ours: 1 },
  { line: `-s '' -z ${system}`, why: "it aborts", theirs: 134, ours: 1 },
  { line: `-z --=${system}`, why: "its parser takes an option without a name for a file", theirs: 0, ours: 1 }
]

const split = (line: string) => line.split(" ").map((word) => (word === "''" ? "" : word))

describe.skipIf(!installed)("the same words to qmi-firmware-update and to boothold qfu", () => {
  for (const [group, all] of Object.entries(lines)) {
    describe(group, () => {
      for (const line of all) {
        it.effect(line, () =>
          Effect.gen(function* () {
            assert.deepStrictEqual(yield* ours(split(line)), theirs(split(line)))
          })
        )
      }
    })
  }

  describe("on purpose not the same", () => {
    for (const { line, ours: our, theirs: their, why } of differences) {
      it.effect(`${line}: ${why}`, () =>
        Effect.gen(function* () {
          const seen = yield* ours(split(line))
          assert.deepStrictEqual([theirs(split(line)).status, seen.status, seen.error], [their, our, true])
        })
      )
    }
  })

  it.effect("the log file is begun anew, by both", () =>
    Effect.gen(function* () {
      const words = split(`-L @old -z ${system}`)
      for (const run of [Effect.sync(() => theirs(words)), ours(words)]) {
        writeFileSync(join(folder, "old"), "left over\n".repeat(1000))
        assert.strictEqual((yield* run).status, 0)
        assert.notInclude(readFileSync(join(folder, "old"), "utf8"), "left over")
        assert.isAbove(statSync(join(folder, "old")).size, 100)
      }
    })
  )
})
