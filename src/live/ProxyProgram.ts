/** The programs that share a control port between its users: `qmi-proxy` and `mbim-proxy` (qmi.md §4, §5.4). */
import * as Context from "effect/Context"

export type ProxyKind = "qmi" | "mbim"

export interface ProxyProgram {
  /** Of the abstract unix socket; the program's own name too. */
  readonly name: string
  /** Where distributions put it; the first that is there is started. */
  readonly programs: ReadonlyArray<string>
  /** The package that has it on Debian. */
  readonly package: string
}

const folders = ["/usr/libexec", "/usr/lib", "/usr/local/libexec"]

const program = (kind: ProxyKind): ProxyProgram => ({
  name: `${kind}-proxy`,
  programs: folders.map((folder) => `${folder}/${kind}-proxy`),
  package: kind === "qmi" ? "libqmi-proxy" : "libmbim-proxy"
})

/** The system's own; for tests, and for systems that keep them elsewhere. */
export const Proxies = Context.Reference<{ readonly [K in ProxyKind]: ProxyProgram }>("boothold/live/Proxies", {
  defaultValue: () => ({ qmi: program("qmi"), mbim: program("mbim") })
})
