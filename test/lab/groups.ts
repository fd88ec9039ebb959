/** The boots of the lab: each group is one guest, so that a kernel that got stuck takes down one group and not all. */
export interface Boot {
  /** The file in `cases/`. */
  readonly group: string
  readonly udev: boolean
  readonly limitSeconds: number
}

export const boots: ReadonlyArray<Boot> = [
  { group: "machine", udev: false, limitSeconds: 120 },
  { group: "upstream", udev: true, limitSeconds: 420 },
  { group: "boothold", udev: true, limitSeconds: 420 }
]
