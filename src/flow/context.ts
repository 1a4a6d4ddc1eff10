import type { OpenAws } from '../cloud-ports.js'
import type {
  AskKeeper,
  AttachSsh,
  Clock,
  ConnectSsh,
  Fetch,
  KeeperLauncher,
  Machine,
  Ports,
  ProcessRef,
  Processes,
  Prompt,
  Provider,
  Reach,
  SshKeyPair,
  Stack,
  StartChild,
} from '../ports.js'
import type { Paths } from '../state/paths.js'
import type { Emit } from '../ui/events.js'

/** Everything a flow needs from outside. Made in `src/context.ts`; tests make their own. */
export interface Context {
  readonly paths: Paths
  /** Folder of the files that run on the machine. */
  readonly templatesDir: string
  /** The environment as the command got it: mirrors, proxies, tokens for downloads. */
  readonly env: Readonly<Record<string, string | undefined>>
  readonly clock: Clock
  readonly processes: Processes
  readonly ports: Ports
  readonly provider: Provider
  readonly machine: Machine
  readonly fetch: Fetch
  readonly ask: AskKeeper
  readonly launcher: KeeperLauncher
  readonly aws: OpenAws
  readonly stack: Stack
  readonly reach: Reach
  readonly ssh: ConnectSsh
  readonly attachSsh: AttachSsh
  readonly makeSshKey: (comment: string) => SshKeyPair
  readonly startChild: StartChild
  /** Of labos: the tag `labos:version`. */
  readonly version: string
  /** `user@host` of whoever runs labos: the tag `labos:owner`. */
  readonly owner: string
  /** Who runs labos, and on what system (as Node.js names it). */
  readonly user: { readonly name: string; readonly home: string; readonly platform: string }
  /** This process, as others see it. */
  readonly self: ProcessRef
  readonly emit: Emit
  /** Absent where there is no terminal to ask at. */
  readonly prompt?: Prompt
}
