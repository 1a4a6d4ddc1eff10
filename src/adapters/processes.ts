import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { promisify } from 'node:util'
import { systemCode } from '../errors/from-system.js'
import type { ProcessRef, Processes } from '../ports.js'

/**
 * Processes of this computer. Linux reads /proc (no program is started: `labos ps` asks this for each lab); macOS asks
 * `ps`, Windows PowerShell.
 */
export function systemProcesses(platform: NodeJS.Platform): Processes {
  const startTimeOf = platform === 'linux' ? linuxStartTime : platform === 'win32' ? windowsStartTime : posixStartTime
  const find = async (pid: number): Promise<ProcessRef | undefined> => {
    const startTime = await startTimeOf(pid)
    return startTime === undefined ? undefined : { pid, startTime }
  }
  const isAlive = async (ref: ProcessRef): Promise<boolean> => (await startTimeOf(ref.pid)) === ref.startTime
  return {
    find,
    isAlive,
    kill: async (ref, signal) => {
      if (!(await isAlive(ref))) return
      try {
        process.kill(ref.pid, signal)
      } catch (error) {
        if (systemCode(error) !== 'ESRCH') throw error
      }
    },
  }
}

/** Field 22 of /proc/PID/stat, in clock ticks since boot. The second field may hold blanks and brackets. */
function linuxStartTime(pid: number): Promise<string | undefined> {
  try {
    const stat = readFileSync(`/proc/${String(pid)}/stat`, 'utf8')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    const isZombie = fields[0] === 'Z' || fields[0] === 'X'
    return Promise.resolve(isZombie ? undefined : fields[19])
  } catch {
    return Promise.resolve(undefined)
  }
}

async function posixStartTime(pid: number): Promise<string | undefined> {
  const line = await firstLine('ps', ['-o', 'stat=,lstart=', '-p', String(pid)])
  const [stat = '', ...started] = line?.split(/\s+/) ?? []
  return stat === '' || stat.startsWith('Z') ? undefined : started.join(' ')
}

const windowsStartTime = (pid: number): Promise<string | undefined> =>
  firstLine('powershell.exe', [
    '-NoProfile',
    '-NonInteractive',
    '-Command',
    `(Get-Process -Id ${String(pid)}).StartTime.Ticks`,
  ])

async function firstLine(program: string, args: string[]): Promise<string | undefined> {
  try {
    const { stdout } = await promisify(execFile)(program, args, { timeout: 10_000, windowsHide: true })
    return stdout.trim().split('\n')[0] || undefined
  } catch {
    return undefined
  }
}
