/** True for what names a folder: a path from here, from the root or from home. */
export const isFolderName = (name: string): boolean => /^(?:\.{1,2}(?:[/\\]|$)|[/\\~]|[A-Za-z]:[/\\])/.test(name)
