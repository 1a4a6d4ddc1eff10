/** The Python that the test engine's wheels are for, which is Debian 12's own. */
import { execa } from 'execa'

const ASK_MS = 20_000

/** Rejects with what is missing. */
export async function python311(): Promise<string> {
  for (const name of ['python3.11', 'python3']) {
    const script = 'import sys, ensurepip; assert sys.version_info[:2] == (3, 11); print(sys.executable)'
    const { stdout, failed } = await execa(name, ['-c', script], { reject: false, timeout: ASK_MS })
    if (!failed) return stdout
  }
  throw new Error(
    'The test engine needs Python 3.11 with venv, and none is on PATH.\n' +
      'Install it (on Debian 12: `apt install python3-venv`), and start again.',
  )
}
