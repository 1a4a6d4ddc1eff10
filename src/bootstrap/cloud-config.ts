/** YAML as cloud-init reads it: few shapes, written so that any content comes out as it went in. Pure. */

/** A key with a text of several lines, as a literal block. For plain text: see below. */
export const block = (key: string, text: string): string[] => [
  `${key}: |2`,
  ...text
    .trimEnd()
    .split('\n')
    .map((line) => (line === '' ? '' : `  ${line}`)),
]

/** A text on one line. JSON's strings are YAML's. */
export const quoted = (text: string): string => JSON.stringify(text)

/** One entry of `write_files`, of root's and readable by all. */
export const writtenFile = (path: string, content: string): string[] => [
  `- path: ${quoted(path)}`,
  ...(isPlain(content)
    ? block('content', content)
    : ['encoding: b64', `content: ${Buffer.from(content).toString('base64')}`]
  ).map((line) => (line === '' ? '' : `  ${line}`)),
]

/** A block keeps it as it is: old YAML takes more than line feeds for line breaks, and some characters for none. */
const isPlain = (text: string): boolean => /^[\t\n -~]*[!-~]\n$/.test(text) && !text.startsWith('\n')
