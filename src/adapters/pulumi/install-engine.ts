/** Pulumi's command line tool into labos's cache, by Pulumi's own installer. */
import { LabosError } from '../../errors/labos-error.js'
import { ENGINE_VERSION, engineHome } from './find-engine.js'

/** Throws `pulumi.missing` with what the installer said. */
export async function installEngine(cacheDir: string): Promise<void> {
  const { sdk } = await import('./sdk.js')
  try {
    await sdk.commands.PulumiCommand.install({
      root: engineHome(cacheDir),
      version: new sdk.semver.SemVer(ENGINE_VERSION),
    })
  } catch (error) {
    const why = error instanceof Error ? (error.message.trim().split('\n')[0] ?? '') : String(error)
    throw new LabosError('pulumi.missing', `Pulumi ${ENGINE_VERSION} could not be installed: ${why}.`, {
      suggestions: [
        'Check the connection to get.pulumi.com, and run the same command again.',
        'Or install it another way (pulumi.com/docs/install) and have it on PATH, or name it in LABOS_PULUMI.',
      ],
      aftermath: 'Nothing was created.',
      cause: error,
    })
  }
}
