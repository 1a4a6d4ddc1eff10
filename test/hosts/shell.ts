/** Programs of the system, run to their end. */
import { execFile } from 'node:child_process'

const MOST_MS = 60_000

export interface ProgramWish {
  readonly stdin?: string
  readonly timeoutMs?: number
  readonly signal?: AbortSignal
}

export interface Ended {
  readonly exitCode: number
  readonly stdout: string
  readonly stderr: string
}

/** Resolves however it ends; rejects where it cannot be started, is aborted, or takes longer than `timeoutMs` (a minute). */
export function ended(argv: readonly string[], wish: ProgramWish = {}): Promise<Ended> {
  const [program = '', ...args] = argv
  const { stdin = '', timeoutMs = MOST_MS, signal } = wish
  const options = {
    timeout: timeoutMs,
    killSignal: 'SIGKILL',
    maxBuffer: 2 ** 26,
    ...(signal ? { signal } : {}),
  } as const
  return new Promise((resolve, reject) => {
    const child = execFile(program, args, options, (error, stdout, stderr) => {
      if (error === null) resolve({ exitCode: 0, stdout, stderr })
      else if (typeof error.code === 'number') resolve({ exitCode: error.code, stdout, stderr })
      else reject(new Error(`${argv.join(' ')}: ${error.killed ? 'took too long' : error.message}\n${stderr}`))
    })
    child.stdin?.on('error', () => undefined) // it may end without reading
    child.stdin?.end(stdin)
  })
}

/** Resolves to what it says; rejects where it fails. */
export async function run(argv: readonly string[], wish: ProgramWish = {}): Promise<string> {
  const { exitCode, stdout, stderr } = await ended(argv, wish)
  if (exitCode === 0) return stdout
  throw new Error(`${argv.join(' ')} ends with ${String(exitCode)}\n${stderr}${stdout}`)
}
