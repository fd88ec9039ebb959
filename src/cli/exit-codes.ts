/**
 * The one place where errors become exit codes of the process. Scripts rely on the numbers: they are never given
 * another meaning. `test/cli/exit-codes.test.ts` holds every code of every catalogue against this table.
 */
import type { Condition } from "../update/condition.ts"

export interface ExitCode {
  readonly exit: number
  /** For the manual: when it is returned. */
  readonly meaning: string
  /** The stable error codes that lead to it. */
  readonly codes: ReadonlyArray<string>
}

export const exitCodes = {
  ok: { exit: 0, meaning: "done, or nothing to do", codes: [] },
  unexpected: { exit: 1, meaning: "a bug of boothold", codes: [] },
  usage: {
    exit: 2,
    meaning: "the command line is wrong, or `--yes` is missing where nobody can be asked",
    codes: [
      "CLI_USAGE",
      "CLI_BAD_OPTION",
      "CLI_UNKNOWN_MODEL",
      "CLI_CANNOT_ASK",
      "DECODE_UNKNOWN_PROTOCOL",
      "PLAN_OPTION_WITHOUT_PREFERENCE",
      "PLAN_STORAGE_INDEX",
      "PLAN_SLOT_IN_USE",
      "PLAN_IMAGE_IN_USE",
      "PLAN_SEVERAL_STORED",
      "PLAN_VALUE_MALFORMED",
      "AT_UNSENDABLE"
    ]
  },
  noDevice: { exit: 3, meaning: "no modem found", codes: ["DEVICE_NONE"] },
  badImage: {
    exit: 4,
    meaning: "an image is no good, or the images do not belong together",
    codes: [
      "IMAGE_NOT_FIRMWARE",
      "IMAGE_BAD_TEXT",
      "IMAGE_EMPTY",
      "IMAGE_PSB_CRC",
      "IMAGE_CRC",
      "IMAGE_TRUNCATED",
      "IMAGE_TRAILING_BYTES",
      "IMAGE_PART_EXCEEDS_PARENT",
      "IMAGE_TOO_DEEP",
      "IMAGE_TOO_MANY_PARTS",
      "IMAGE_TOO_LARGE",
      "IMAGE_SIZE_CHANGED",
      "IMAGE_MISNAMED",
      "IMAGE_SET_EMPTY",
      "IMAGE_SET_SAME_TWICE",
      "IMAGE_SET_DUPLICATE_ROLE",
      "IMAGE_SET_MIXED_KINDS",
      "IMAGE_SET_FAMILIES_DISAGREE",
      "PLAN_TOO_LARGE"
    ]
  },
  versionConflict: {
    exit: 5,
    meaning: "firmware, config or carrier versions contradict each other, or one is unknown",
    codes: [
      "IMAGE_SOURCES_DISAGREE",
      "IMAGE_SET_OVERRIDE_DISAGREES",
      "PLAN_VALUE_MISSING",
      "PLAN_CARRIER_CASE",
      "FIRMWARE_ID_TOO_LONG",
      "FIRMWARE_ID_EMPTY",
      "FIRMWARE_ID_CHARACTER",
      "FIRMWARE_ID_UNKNOWN"
    ]
  },
  refused: {
    exit: 6,
    meaning: "the modem refuses, and is not in boot-and-hold",
    codes: [
      "QMI_REFUSED",
      "MBIM_REFUSED",
      "MBIM_NO_QMI",
      "AT_REFUSED",
      "UPDATE_FEATURE_MISSING",
      "PLAN_NO_PREFERENCE",
      "PLAN_NO_STORED_IMAGES",
      "UPDATE_PREFERENCE_NOT_TAKEN",
      "UPDATE_BOOT_AND_HOLD_REFUSED",
      "UPDATE_CAME_BACK_RUNNING"
    ]
  },
  transferFailed: {
    exit: 7,
    meaning: "the run ended with the modem in boot-and-hold: go on with the printed command",
    codes: [
      "QDL_NO_ANSWER",
      "QDL_REJECTED",
      "QDL_BAD_STATUS",
      "QDL_WRONG_SEQUENCE",
      "QDL_STILL_DIAGNOSTIC",
      "QDL_ECHOES_AT",
      "QDL_SPEAKS_SAHARA",
      "QDL_IMAGE_CHANGED",
      "UPDATE_STAYED_IN_BOOT_AND_HOLD"
    ]
  },
  notValidated: {
    exit: 8,
    meaning: "everything was sent, but the modem does not report what was wanted",
    codes: ["UPDATE_NOT_VALIDATED", "UPDATE_ANOTHER_MODEM", "UPDATE_NOT_DELETED"]
  },
  cancelled: { exit: 9, meaning: "the user said no at the prompt", codes: ["CLI_CANCELLED"] },
  severalDevices: { exit: 10, meaning: "several modems match", codes: ["DEVICE_SEVERAL"] },
  wrongModel: {
    exit: 11,
    meaning: "the images are for another family, or the family is not known",
    codes: ["PLAN_WRONG_FAMILY", "PLAN_FAMILY_UNKNOWN", "PLAN_NO_FAMILY", "DEVICE_UNKNOWN_FAMILY", "DEVICE_REFUSED"]
  },
  incomplete: {
    exit: 12,
    meaning: "an image is missing",
    codes: ["PLAN_INCOMPLETE", "PLAN_NOT_STORED", "UPDATE_IMAGES_MISSING", "RECOVERY_IMAGES_NEEDED"]
  },
  wrongMode: {
    exit: 13,
    meaning: "the modem is in the other mode than the command needs",
    codes: ["PLAN_IN_BOOT_AND_HOLD", "PLAN_NOT_IN_BOOT_AND_HOLD"]
  },
  noAnswer: {
    exit: 14,
    meaning: "the modem does not answer, not in time, or not understandably",
    codes: [
      "QMI_NO_ANSWER",
      "QMI_GARBLED",
      "QMI_FLAGS",
      "QMI_FRAMING_LOST",
      "QMI_LENGTH",
      "QMI_TRUNCATED",
      "QMI_TLV_CONTRADICTORY",
      "QMI_TLV_MALFORMED",
      "QMI_TLV_MISSING",
      "MBIM_NO_ANSWER",
      "MBIM_FUNCTION_ERROR",
      "MBIM_GARBLED",
      "MBIM_COMMAND_TYPE",
      "MBIM_FRAGMENT_ORDER",
      "MBIM_FRAMING_LOST",
      "MBIM_LENGTH",
      "MBIM_TOO_LONG",
      "MBIM_TRUNCATED",
      "MBIM_TYPE",
      "AT_NO_ANSWER",
      "AT_GARBLED",
      "UPDATE_UNREADABLE",
      "UPDATE_TOOK_TOO_LONG",
      "DEVICE_NEVER_APPEARED",
      "RECOVERY_NOT_ASKED"
    ]
  },
  permission: {
    exit: 15,
    meaning: "no right to use the port, to attach one, or to tell ModemManager to leave the modem alone",
    codes: ["TRANSPORT_PERMISSION", "SERVE_NOT_ROOT", "DEVICE_CLAIM_REFUSED"]
  },
  busy: {
    exit: 16,
    meaning: "another program holds the port, the address or the modem, or ModemManager cannot be kept away",
    codes: [
      "LOCK_HELD",
      "LOCK_HELD_ELSEWHERE",
      "TRANSPORT_BUSY",
      "DEVICE_CLAIM_FAILED",
      "DEVICE_CLAIM_TAKEN",
      "SERVE_ADDRESS_IN_USE",
      "SERVE_NO_VHCI_PORT",
      "SERVE_VHCI_PORT_HELD"
    ]
  },
  connection: {
    exit: 17,
    meaning: "the modem or its port went away, or the transfer to it broke",
    codes: [
      "TRANSPORT_UNPLUGGED",
      "TRANSPORT_NOT_THERE",
      "TRANSPORT_STALLED",
      "TRANSPORT_IO",
      "TRANSPORT_PROXY_REFUSED",
      "DEVICE_NO_PORT",
      "DEVICE_DRIVER_MISSING",
      "UPDATE_NO_WAY_IN"
    ]
  },
  file: {
    exit: 18,
    meaning: "a file cannot be read, or not be written",
    codes: [
      "FILE_NOT_FOUND",
      "FILE_NOT_A_FILE",
      "FILE_NOT_READABLE",
      "FILE_CHANGED",
      "FILE_READ_FAILED",
      "CLI_NO_SUCH_INPUT",
      "CLI_NO_STATE_FOLDER",
      "JOURNAL_NO_SPACE",
      "JOURNAL_READ_ONLY",
      "JOURNAL_NOT_PERMITTED",
      "JOURNAL_FAILED",
      "JOURNAL_TOO_SLOW",
      "JOURNAL_FULL",
      "LOCK_UNUSABLE",
      "HISTORY_NO_SUCH_RUN",
      "HISTORY_SEVERAL_RUNS",
      "HISTORY_OTHER_VERSION",
      "HISTORY_NO_JOURNAL",
      "HISTORY_TOO_LARGE",
      "HISTORY_UNREADABLE",
      "SERVE_PATH_UNUSABLE",
      "SERVE_PATH_TAKEN",
      "SERVE_STATE_BAD"
    ]
  },
  unsupported: {
    exit: 19,
    meaning:
      "not possible here: real modems elsewhere than on Linux, no flow for the family, Node is too old, or a program is missing",
    codes: [
      "DEVICE_BUS_UNAVAILABLE",
      "UPDATE_FLOW_MISSING",
      "UPDATE_PROTOCOL_MISSING",
      "FILE_NO_FILE_SYSTEM",
      "TRANSPORT_PROXY_MISSING",
      "SERVE_PTY_MISSING",
      "SERVE_NO_VHCI",
      "SERVE_NOT_DESCRIBED",
      "SERVE_CANNOT_LISTEN",
      "SERVE_ATTACH_FAILED"
    ]
  },
  notDecoded: {
    exit: 20,
    meaning: "`decode` could make nothing of the bytes",
    codes: [
      "DECODE_NOT_RECOGNISED",
      "DECODE_EMPTY",
      "HEX_NOT_HEX",
      "HEX_ODD_DIGITS",
      "HEX_WORD_DUMP",
      "HEX_OFFSET",
      "HEX_TOO_MANY",
      "HEX_EMPTY"
    ]
  },
  unfit: {
    exit: 21,
    meaning: "`doctor` found an error, or one of its errors stopped `update`: nothing was written",
    codes: ["CLI_HOST_NOT_READY"]
  },
  rolledBack: {
    exit: 22,
    meaning: "the run failed and was taken back: the modem runs its old firmware again, with its old preference",
    codes: []
  },
  notHome: {
    exit: 23,
    meaning: "`recover` could not bring the modem home",
    codes: ["RECOVERY_NOT_HOME", "RECOVERY_NO_REMEDY"]
  },
  interrupted: { exit: 130, meaning: "interrupted; the modem's state and the next command are printed", codes: [] }
} as const satisfies { readonly [name: string]: ExitCode }

const table: ReadonlyArray<ExitCode> = Object.values(exitCodes)

/** The exit code of an error code; `unexpected` for one that no catalogue has. */
export const exitOfCode = (code: string): number =>
  table.find(({ codes }) => codes.includes(code))?.exit ?? exitCodes.unexpected.exit

/**
 * Whatever went wrong, a modem that waits in boot-and-hold needs the same next step; but while another program holds
 * its port, that program may be the one that updates it, and a script has to wait for it first.
 */
const waiting: ReadonlySet<Condition["_tag"]> = new Set(["BootAndHold", "HalfWritten", "WrittenNotReset"])

export const exitOf = ({ code, condition }: { readonly code: string; readonly condition?: Condition }): number => {
  if (condition?._tag === "RolledBack") return exitCodes.rolledBack.exit
  return condition !== undefined && waiting.has(condition._tag) && code !== "TRANSPORT_BUSY"
    ? exitCodes.transferFailed.exit
    : exitOfCode(code)
}
