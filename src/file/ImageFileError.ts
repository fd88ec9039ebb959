/** What can go wrong with an image file before its content is looked at. */
import * as Schema from "effect/Schema"
import type { Catalogue } from "../protocol/problem.ts"

export const NotFound = Schema.TaggedStruct("NotFound", {})
/** A directory, device node, pipe or socket. */
export const NotAFile = Schema.TaggedStruct("NotAFile", { found: Schema.String })
export const NotReadable = Schema.TaggedStruct("NotReadable", {})
/** The file is another one than when it was opened: size or time of change differ, or it ended early. */
export const Changed = Schema.TaggedStruct("Changed", { wanted: Schema.String, found: Schema.String })
export const ReadFailed = Schema.TaggedStruct("ReadFailed", { detail: Schema.String })
/** There is no file system here, as in a browser. */
export const NoFileSystem = Schema.TaggedStruct("NoFileSystem", {})

const Reason = Schema.Union([NotFound, NotAFile, NotReadable, Changed, ReadFailed, NoFileSystem])

export const imageFileCatalogue: Catalogue<(typeof Reason.Type)["_tag"]> = {
  NotFound: { code: "FILE_NOT_FOUND", help: "Check the path; relative paths start at the current folder." },
  NotAFile: { code: "FILE_NOT_A_FILE", help: "Name the image files themselves, one by one." },
  NotReadable: { code: "FILE_NOT_READABLE", help: "Give your user the right to read the file." },
  Changed: {
    code: "FILE_CHANGED",
    help: "Another program wrote to the file: wait until it is done, then start again."
  },
  ReadFailed: { code: "FILE_READ_FAILED", help: "The system could not read the file; the detail names its own error." },
  NoFileSystem: { code: "FILE_NO_FILE_SYSTEM", help: "Hand in the bytes of the image instead of a path." }
}

export class ImageFileError extends Schema.TaggedError<ImageFileError>()("ImageFileError", {
  path: Schema.String,
  operation: Schema.Literals(["open", "read"]),
  reason: Reason
}) {
  get code(): string {
    return imageFileCatalogue[this.reason._tag].code
  }
  get help(): string {
    return imageFileCatalogue[this.reason._tag].help
  }
  override get message(): string {
    const reason = this.reason
    const what = `${this.path}: cannot ${this.operation} the file`
    switch (reason._tag) {
      case "NotFound":
        return `${what}: there is none`
      case "NotAFile":
        return `${what}: it is a ${reason.found}`
      case "NotReadable":
        return `${what}: permission denied`
      case "Changed":
        return `${what}: it was changed since it was opened (wanted ${reason.wanted}, found ${reason.found})`
      case "ReadFailed":
        return `${what}: ${reason.detail}`
      case "NoFileSystem":
        return `${what}: there is no file system here`
    }
  }
}
