import { readFile, stat } from 'node:fs/promises'
import { systemCode } from '../errors/from-system.js'
import { LabosError } from '../errors/labos-error.js'

/** The text of a private key file. Throws `usage.file` where there is none, and where others may read it, as OpenSSH does. */
export async function readKeyFile(path: string): Promise<string> {
  try {
    const { mode } = await stat(path)
    if (process.platform !== 'win32' && (mode & 0o077) !== 0)
      throw new LabosError(
        'usage.file',
        `Others may read the private key ${path} (mode ${(mode & 0o777).toString(8)}).`,
        {
          suggestions: [`Make it yours alone: \`chmod 600 ${path}\`.`],
        },
      )
    return await readFile(path, 'utf8')
  } catch (error) {
    if (error instanceof LabosError) throw error
    throw new LabosError(
      'usage.file',
      `The private key ${path} cannot be read (${systemCode(error) ?? String(error)}).`,
      {
        suggestions: ['Name the key file with `--identity`.'],
        cause: error,
      },
    )
  }
}
