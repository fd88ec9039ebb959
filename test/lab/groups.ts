/** The boots of the lab: each group is one guest, so that a kernel that got stuck takes down one group and not all. */
export interface Boot {
  /** The file in `cases/`. */
  readonly group: string
  readonly udev: boolean
  readonly limitSeconds: number
  /** Has the processors before the others: Debian's tool gives up after a second without an answer, and cannot be told otherwise. */
  readonly first?: boolean
  /** Runs where it is asked for by name. */
  readonly onlyByName?: boolean
}

/** A quiet machine with two cores needs a quarter of these limits. */
export const boots: ReadonlyArray<Boot> = [
  { group: "machine", udev: false, limitSeconds: 120, first: true },
  { group: "upstream", udev: true, limitSeconds: 900, first: true },
  { group: "mbim", udev: true, limitSeconds: 900, first: true },
  { group: "qfu", udev: true, limitSeconds: 900, first: true },
  { group: "trouble", udev: false, limitSeconds: 1500 },
  { group: "recover", udev: false, limitSeconds: 1200 },
  { group: "modem-manager", udev: true, limitSeconds: 1200 },
  { group: "boothold", udev: true, limitSeconds: 1200 },
  { group: "straight-usb", udev: false, limitSeconds: 900 },
  { group: "at", udev: false, limitSeconds: 600 },
  { group: "doctor", udev: true, limitSeconds: 600 },
  { group: "modem-manager-ten", udev: true, limitSeconds: 2400, onlyByName: true },
  { group: "deadtime", udev: true, limitSeconds: 420, first: true, onlyByName: true }
]
