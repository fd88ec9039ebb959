/** The command line as a file that Node runs; test/setup.ts makes it. */
import { inject } from "vitest"

export const bin: string = inject("bin")
