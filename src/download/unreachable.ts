import { LabosError } from '../errors/labos-error.js'

/** After tries enough. What came so far is kept. */
export const unreachable = (url: string, why: string): LabosError =>
  new LabosError('network.download', `Downloading ${url} failed: ${why}.`, {
    suggestions: [
      'Check the connection and run the same command again: it goes on where it stopped.',
      'Behind a proxy: set HTTPS_PROXY. With a mirror of the hub: set HF_ENDPOINT to it.',
    ],
  })
