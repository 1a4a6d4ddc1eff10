/**
 * The one table of error codes. A code never changes its exit once released; each has an anchor in docs/errors.md.
 *
 * Exits: 0 done · 1 bug · 2 usage · 3 environment not ready · 4 input needed, no terminal · 5 cloud refused ·
 * 6 provisioning failed · 7 machine up, serving failed · 8 connection failed · 9 teardown incomplete ·
 * 124 deadline passed · 130 interrupted
 */
export const codes = {
  bug: { exit: 1, title: 'A fault in labos itself' },
  'usage.flags': { exit: 2, title: 'The command line is not understood' },
  'usage.value': { exit: 2, title: 'A value is out of range or malformed' },
  'usage.name': { exit: 2, title: 'A lab name that cannot be used' },
  'usage.config': { exit: 2, title: 'config.yaml is not valid' },
  'usage.file': { exit: 2, title: 'A file that cannot be read' },
  'usage.command': { exit: 2, title: 'There is no command to run' },
  'model.unknown': { exit: 2, title: 'No such model' },
  'model.engine': { exit: 2, title: 'The engine cannot serve this model' },
  'model.config': { exit: 2, title: "The model's own files do not say how large it is" },
  'hub.unknown': { exit: 2, title: 'The hub has no such repository or file' },
  'hub.unsafe': { exit: 2, title: 'A file name that is not safe to write' },
  'pull.taken': { exit: 2, title: 'Something else is where a file would go' },
  'plan.nofit': { exit: 2, title: 'No machine fits' },
  'lab.unknown': { exit: 2, title: 'No such lab' },
  'lab.ambiguous': { exit: 2, title: 'More than one lab: which one?' },
  'lab.differs': { exit: 2, title: 'A lab of that name runs something else' },
  'lab.busy': { exit: 3, title: 'Another labos command is working on this lab' },
  'state.corrupt': { exit: 3, title: 'A record that does not parse' },
  'state.newer': { exit: 3, title: 'A record written by a newer labos' },
  'state.readonly': { exit: 3, title: 'The state folder cannot be written' },
  'port.taken': { exit: 3, title: 'The port is in use' },
  'disk.short': { exit: 3, title: 'Not enough disk space' },
  'memory.short': { exit: 3, title: 'Not enough memory' },
  'python.missing': { exit: 3, title: 'No Python 3.10+ and no uv' },
  'ollama.missing': { exit: 3, title: 'Ollama is not installed' },
  'ollama.unreachable': { exit: 3, title: 'Ollama does not answer' },
  'host.unfit': { exit: 3, title: 'The host cannot become a laboratory' },
  'hub.gated': { exit: 3, title: 'The hub refuses access' },
  'ssh.key': { exit: 3, title: 'No key to log in with' },
  'aws.credentials': { exit: 3, title: 'No AWS credentials that work' },
  'aws.unreachable': { exit: 3, title: 'AWS does not answer' },
  'aws.account': { exit: 3, title: "The credentials are of another account than the lab's" },
  'aws.network': { exit: 3, title: 'No network that a machine could be reached in' },
  'pulumi.missing': { exit: 3, title: "Pulumi's command line tool is not there" },
  'network.download': { exit: 3, title: 'A download failed' },
  'input.needed': { exit: 4, title: 'A choice is missing and there is no terminal to ask at' },
  'aws.refused': { exit: 5, title: 'AWS refused the request' },
  'aws.region': { exit: 5, title: 'The region is not enabled for the account' },
  'aws.image': { exit: 5, title: 'No image to start a machine from' },
  'aws.freeplan': { exit: 5, title: 'The account is on the free plan' },
  'quota.vcpu': { exit: 5, title: 'The account may not run that many vCPUs' },
  'quota.other': { exit: 5, title: 'Another limit of the account is reached' },
  'capacity.none': { exit: 5, title: 'AWS has no such machine free' },
  'machine.state': { exit: 5, title: 'The machine is in a state in which that cannot be done' },
  'engine.install': { exit: 6, title: 'The engine could not be installed' },
  'weights.damaged': { exit: 6, title: 'Downloaded weights do not match their checksum' },
  'machine.failed': { exit: 6, title: 'The machine could not be made' },
  'machine.gone': { exit: 6, title: 'The machine is gone' },
  'keeper.failed': { exit: 6, title: 'The keeper did not start' },
  'lease.unarmed': { exit: 7, title: 'The machine would not end itself' },
  'laboratory.failed': { exit: 7, title: 'The machine does not become a laboratory' },
  'serving.failed': { exit: 7, title: 'The engine does not serve' },
  'serving.canary': { exit: 7, title: 'The model answers nonsense' },
  'machine.unreachable': { exit: 8, title: 'The machine does not answer' },
  'ssh.hostkey': { exit: 8, title: 'The machine shows a host key that is not its own' },
  'ssh.auth': { exit: 8, title: 'The machine refuses the login' },
  'endpoint.unreachable': { exit: 8, title: 'The endpoint does not answer' },
  'endpoint.refused': { exit: 8, title: 'The endpoint refused the request' },
  'teardown.incomplete': { exit: 9, title: 'Something is left' },
  'deadline.passed': { exit: 124, title: 'The deadline passed' },
  interrupted: { exit: 130, title: 'Interrupted' },
} as const

export type ErrorCode = keyof typeof codes

/** Exit status for a code. */
export const exitOf = (code: ErrorCode): number => codes[code].exit

/** A code that came as text, from a keeper that may be newer. */
export const codeOr = (code: string | undefined, otherwise: ErrorCode): ErrorCode =>
  code !== undefined && Object.hasOwn(codes, code) ? (code as ErrorCode) : otherwise

/** Where the docs explain a code. */
export const docOf = (code: ErrorCode): string => `docs/errors.md#${code.replaceAll('.', '-')}`
