/** Says a line where nothing `about` the same was said before. */
export type SayOnce = (text: string, about?: string) => void

export function sayOnce(say: (line: string) => void): SayOnce {
  const told = new Set<string>()
  return (text, about = text) => {
    if (!told.has(about)) say(text)
    told.add(about)
  }
}
