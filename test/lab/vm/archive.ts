/** The archive format of initial RAM file systems, "newc" (Linux: Documentation/driver-api/early-userspace/buffer-format). Pure. */

export interface Entry {
  readonly path: string
  readonly mode: number
  readonly content?: Uint8Array
}

export const folder = (path: string): Entry => ({ path, mode: 0o040755 })
export const file = (path: string, content: Uint8Array | string, mode = 0o644): Entry => ({
  path,
  mode: 0o100000 | mode,
  content: typeof content === "string" ? Buffer.from(content) : content
})

const padded = (bytes: Buffer): Buffer => Buffer.concat([bytes, Buffer.alloc(-bytes.length & 3)])

const record = ({ content, mode, path }: Entry, inode: number): Buffer => {
  const name = Buffer.from(`${path}\0`)
  const size = content?.length ?? 0
  const fields = [inode, mode, 0, 0, content === undefined ? 2 : 1, 0, size, 0, 0, 0, 0, name.length, 0]
  const header = `070701${fields.map((field) => field.toString(16).padStart(8, "0")).join("")}`
  return Buffer.concat([padded(Buffer.concat([Buffer.from(header), name])), padded(Buffer.from(content ?? []))])
}

/** Folders have to come before what is in them. */
export const archive = (entries: ReadonlyArray<Entry>): Buffer =>
  Buffer.concat([
    ...entries.map((entry, index) => record(entry, index + 1)),
    record({ path: "TRAILER!!!", mode: 0, content: Buffer.alloc(0) }, 0)
  ])
