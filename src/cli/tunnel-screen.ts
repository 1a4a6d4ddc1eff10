import type { LabStatus } from '../flow/lab-status.js'
import type { OpenTunnel } from '../flow/tunnel/tunnel.js'

/** One line for each place that is open: scripts read the first word. */
export const openTunnelText = ({ endpoint, forwards }: OpenTunnel): string =>
  [
    ...(endpoint === undefined ? [] : [`${endpoint} is open`]),
    ...forwards.map(
      ({ localPort, remotePort }) =>
        `127.0.0.1:${String(localPort)} leads to port ${String(remotePort)} of the machine`,
    ),
  ].join('\n')

export const detachedText = ({ name, endpoint = '', state }: LabStatus): string =>
  `${endpoint} is open in the background (${state}); see \`labos status ${name}\``
