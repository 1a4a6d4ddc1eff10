import { execute, settings } from '@oclif/core'

/** Hands over to oclif. `dir` is the URL or path of a file in the package. */
export async function main(dir: string): Promise<void> {
  settings.performanceEnabled = false
  await execute({ dir })
}
