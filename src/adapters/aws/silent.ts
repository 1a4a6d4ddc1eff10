/** The SDK warns on the console where it has no logger. */
const nothing = (): void => undefined

export const SILENT = { trace: nothing, debug: nothing, info: nothing, warn: nothing, error: nothing }
