/** A wheel for tests: a package with one file of as many bytes as wished. */
import { mkdirSync } from 'node:fs'
import { run } from './shell.js'

const MAKE = `
import sys, zipfile
folder, name, version, size = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])
info = f'{name}-{version}.dist-info'
with zipfile.ZipFile(f'{folder}/{name}-{version}-py3-none-any.whl', 'w') as wheel:
    wheel.writestr(f'{name}/__init__.py', f'version = {version!r}\\n')
    wheel.writestr(f'{name}/data', 'x' * size)
    wheel.writestr(f'{info}/METADATA', f'Metadata-Version: 2.1\\nName: {name}\\nVersion: {version}\\n')
    wheel.writestr(f'{info}/WHEEL', 'Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n')
    wheel.writestr(f'{info}/RECORD', '')
`

/** Written into the folder, with pip's name for it. */
export async function makeWheel(folder: string, name: string, version: string, bytes: number): Promise<void> {
  mkdirSync(folder, { recursive: true })
  await run(['python3', '-c', MAKE, folder, name, version, String(bytes)])
}
