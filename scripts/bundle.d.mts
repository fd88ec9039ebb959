/** Writes the command line as one file; `dist/bin.mjs` by default. */
export declare const bundle: (file?: string) => Promise<{ readonly file: string; readonly bytes: number }>
