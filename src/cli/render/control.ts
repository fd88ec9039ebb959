/** What a terminal is told besides text, where nothing of a bar is loaded. */
export const eraseLine = "\r\u001b[K"

/** The bar hides the cursor, and has long lines cut off instead of wrapped. */
export const plainTerminal = `${eraseLine}\u001b[?25h\u001b[?7h`
