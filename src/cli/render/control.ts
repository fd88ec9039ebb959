/** What a terminal is told besides text, where nothing of a bar is loaded. */
export const eraseLine = "\r\u001b[K"
export const showCursor = "\u001b[?25h"
