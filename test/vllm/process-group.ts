/** The processes of a group on Linux, by what they call themselves. */
import { readdirSync, readFileSync } from 'node:fs'

export interface GroupMember {
  readonly pid: number
  readonly title: string
}

/** Those that live; a group has the number of its first process. */
export const groupOf = (group: number): readonly GroupMember[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => memberOf(name, group))

function memberOf(name: string, group: number): GroupMember[] {
  try {
    const stat = readFileSync(`/proc/${name}/stat`, 'utf8')
    const [state, , ofGroup] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    if (Number(ofGroup) !== group || state === 'Z') return []
    const title = readFileSync(`/proc/${name}/cmdline`, 'utf8').replaceAll('\0', ' ').trim()
    return [{ pid: Number(name), title }]
  } catch {
    return [] // it has ended meanwhile
  }
}
