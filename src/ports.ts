/**
 * What the stages need from outside, as narrow interfaces. Real ones live in `adapters/` and are made in
 * `context.ts` only; tests pass fakes.
 */
import type { Duplex, Readable, Writable } from 'node:stream'
import type { Failure, LabSpec, MachineState, Said } from '../infra/spec.js'
import type { ProviderName } from './plan/plan.js'

/** Time. Every wait in labos goes through here, so no test waits on the real clock. */
export interface Clock {
  /** Wall-clock time in milliseconds since the epoch. May jump (sleep, NTP). */
  now(): number
  /** Milliseconds on a clock that never goes back. Only differences mean something. */
  monotonicMs(): number
  /** Resolves after `ms`; rejects with the signal's reason when aborted. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>
}

/** One program to run to its end: argv, never a shell line. */
export interface Command {
  readonly argv: readonly [string, ...string[]]
  /** Added to the inherited environment; `undefined` removes a variable. */
  readonly env?: Readonly<Record<string, string | undefined>>
  readonly cwd?: string
  /** What the program reads; absent = nothing. */
  readonly stdin?: string | Uint8Array
  /** Called for each whole line of stdout and stderr, in order of arrival. */
  readonly onLine?: (line: string) => void
}

/** How a program ended. A signal's end counts as failure: `exitCode` is then 128 + the signal's number, never 0. */
export interface CommandResult {
  readonly exitCode: number
  readonly stdout: string
  readonly stderr: string
}

/** Where an engine runs. Two kinds: this computer, and a host over SSH. */
export interface Machine {
  /** Runs to the end; rejects only when the program cannot be started (ENOENT) or the signal aborts (the program is then ended). */
  run(command: Command, signal?: AbortSignal): Promise<CommandResult>
  /** Absolute path of a program on the machine's PATH, or of one that is named by its path; undefined where there is none. */
  which(program: string): Promise<string | undefined>
  /** A connection to a loopback port of the machine. Errors surface on the stream. */
  dial(port: number): Duplex
}

/** A machine over SSH. What runs on it ends with the connection, unless it was detached there. */
export interface RemoteMachine extends Machine {
  /** Writes a file whole or not at all, with that mode; makes its folder. */
  put(path: string, content: string | Uint8Array, mode: number, signal?: AbortSignal): Promise<void>
  /** Resolves when the other side was heard of after the call; rejects when the connection is over, or the signal aborts. */
  ping(signal?: AbortSignal): Promise<void>
  close(): void
  /** Resolves when the connection is over: undefined after `close()`, else why. */
  readonly closed: Promise<Error | undefined>
}

/** A loopback port here that leads to a loopback port of a machine. */
export interface PortPair {
  /** 0: any that is free. */
  readonly localPort: number
  readonly remotePort: number
}

/** An ed25519 key pair, as OpenSSH writes them. */
export interface SshKeyPair {
  /** The text of a private key file, without a passphrase. Kept 0600. */
  readonly privateKey: string
  /** `ssh-ed25519 AAAA... comment` */
  readonly publicKey: string
}

/** Where and as whom to log in. */
export interface SshPlace {
  readonly host: string
  readonly port: number
  readonly user: string
  /** An OpenSSH private key's text, or the socket of an agent. */
  readonly identity: { readonly privateKey: string } | { readonly agent: string }
  /** The host keys that are accepted, each as `ssh-ed25519 AAAA...`: no other is. */
  readonly hostKeys: readonly [string, ...string[]]
  /** A line for this computer's shell whose input and output are its SSH server, where another host lies between. */
  readonly via?: string
}

/**
 * Rejects with `ssh.hostkey` (never worth another try), `ssh.auth`, `ssh.key` (this computer's side), and `machine.unreachable`,
 * which may pass by itself.
 * `connectMs`: how long the machine may take to accept the connection; the login itself has a limit of its own.
 */
export type ConnectSsh = (place: SshPlace, signal: AbortSignal, connectMs?: number) => Promise<RemoteMachine>

/** The terminal here that a command on a machine is shown in. */
export interface TerminalHere {
  /** As `TERM` names it. */
  readonly kind: string
  size(): { readonly columns: number; readonly rows: number }
  /** Calls back at each change of the size; what it returns ends that. */
  onResize(listener: () => void): () => void
  /** Each key goes to the machine from now on, Ctrl-C too; what it returns makes the terminal as it was. */
  raw(): () => void
}

/** A command on a machine, joined to streams here. */
export interface AttachedCommand {
  /** Absent: the login shell. */
  readonly argv?: readonly [string, ...string[]]
  /** Read to its end, or until the command ends. */
  readonly stdin: Readable
  readonly stdout: Writable
  readonly stderr: Writable
  /** Gives the command a terminal of its own there: its stdout and stderr are one then. */
  readonly terminal?: TerminalHere
  /** Called when the machine has let us in: what fails later may have begun. */
  readonly onLogin?: () => void
}

/**
 * Resolves to the command's exit code (128 and the number for a signal) when it has ended and what it wrote is written here. When
 * `signal` aborts, the command is ended: interrupted first, killed where that does not help. Rejects as `ConnectSsh` does, with
 * `machine.unreachable` when the connection is lost, and with the signal's reason where the command did not end by itself.
 */
export type AttachSsh = (place: SshPlace, command: AttachedCommand, signal: AbortSignal) => Promise<number>

/** A process as the operating system knows it. `startTime` tells a pid from a later process with the same pid. */
export interface ProcessRef {
  readonly pid: number
  /** Opaque; equal strings mean the same process. */
  readonly startTime: string
}

/** Processes of this computer. */
export interface Processes {
  /** The running process with that pid, or undefined. */
  find(pid: number): Promise<ProcessRef | undefined>
  /** True while exactly this process runs (a reused pid is not it; a zombie is not running). */
  isAlive(ref: ProcessRef): Promise<boolean>
  /** Sends the signal if exactly this process still runs; success when it is already gone. */
  kill(ref: ProcessRef, signal: 'SIGTERM' | 'SIGKILL'): Promise<void>
}

/** How a command of the user's ended. An end by signal is 128 and its number, as shells count it. */
export interface CommandEnd {
  readonly exitCode: number
  readonly signal?: NodeJS.Signals
}

/** A command of the user's that has this process's own input and output. */
export interface ChildCommand {
  readonly argv: readonly [string, ...string[]]
  /** Added to the inherited environment. */
  readonly env: Readonly<Record<string, string>>
  /** Where its stdout goes: to this process's, or to its stderr where stdout is for something else. */
  readonly stdout: 'stdout' | 'stderr'
  /**
   * It shares the terminal: Ctrl-C reaches it without us, and job control works. Else it has a process group of its own, and
   * signals reach all that it started.
   */
  readonly atTerminal: boolean
}

export interface Child {
  readonly ended: Promise<CommandEnd>
  kill(signal: NodeJS.Signals): void
}

/** Rejects when it cannot be started. It is killed when this process leaves before it. */
export type StartChild = (command: ChildCommand) => Promise<Child>

/** Who listens on a TCP port of this computer. */
export interface PortHolder {
  readonly pid?: number
  readonly program?: string
}

export interface Ports {
  /** `undefined` when the loopback port is free, else what is known of its holder. */
  holder(port: number): Promise<PortHolder | undefined>
  /** A loopback port that was free just now. */
  free(): Promise<number>
}

/** True when something accepts a TCP connection there within `timeoutMs`. */
export type Reach = (
  place: { readonly host: string; readonly port: number; readonly timeoutMs: number },
  signal: AbortSignal,
) => Promise<boolean>

/** `fetch` as the web defines it, with the proxy settings of the environment applied. */
export type Fetch = typeof globalThis.fetch

/** Asks the person at the terminal. Absent (undefined in the context) where there is none. */
export interface Prompt {
  confirm(question: string, preset: boolean): Promise<boolean>
  select<T extends string>(
    question: string,
    choices: readonly { name: string; value: T; description?: string }[],
  ): Promise<T>
}

/** Starts the keeper of a lab as a process of its own, which outlives the command. */
export interface KeeperLauncher {
  /**
   * Resolves when the keeper listens on the lab's port; the engine may still be loading. Rejects with the keeper's own
   * error (`port.taken`, ...) or `keeper.failed`; nothing of it runs then.
   */
  launch(name: string, signal: AbortSignal): Promise<ProcessRef>
}

/** Asks a keeper through its control door. Rejects when it does not answer in time. */
export type AskKeeper = (question: {
  readonly port: number
  readonly key: string
  readonly method: 'GET' | 'POST'
  readonly path: string
  readonly timeoutMs: number
}) => Promise<unknown>

/** Something of ours that still runs or is held after it was given back. */
export interface Leftover {
  readonly what: string
  /** How to remove it by hand. */
  readonly remedy: string
}

/** What runs for a lab on this computer. */
export interface MachineRef {
  readonly port: number
  readonly key: string | undefined
  readonly keeper: ProcessRef
  readonly engine?: ProcessRef
}

/** Where machines come from. Every method may be called again after a failure. */
export interface Provider {
  readonly name: ProviderName
  /** Reads only, never changes anything. */
  facts(): Promise<ComputerFacts>
  /** Ends what runs and proves it. An empty list means: proven gone. Success when it was gone already. */
  destroy(ref: MachineRef, signal: AbortSignal): Promise<readonly Leftover[]>
  /** The machine, to run things on and to connect to. */
  open(): Machine
}

/** What a provider knows of a computer. */
export interface ComputerFacts {
  /** As Node names it: `linux-x64`. */
  readonly platform: string
  readonly cores: number
  readonly memoryAvailableBytes: number
  readonly diskFreeBytes: number
  /** Folder the disk figure is about. */
  readonly diskPath: string
}

/** What a stack was asked for and did not do. */
export interface StackFailure extends Partial<Failure> {
  readonly message: string
  /** Folder of the engine's own logs. */
  readonly logs: string
}

/** A lab's things in the cloud, made through Pulumi: adopted where they exist, made once where they do not. */
export interface Stack {
  /**
   * Finds Pulumi's command line tool; installs it where there is none and the user agrees, or `agreed` beforehand. Throws
   * `pulumi.missing`.
   */
  ready(agreed: boolean): Promise<void>
  /**
   * Resolves when the machine runs, or to why there is none. `spec` may still be on its way: the engine starts meanwhile, and
   * what it rejects with is thrown. When the signal aborts, what was being made is finished or left out, never lost sight of.
   */
  up(
    wish: {
      readonly name: string
      readonly labId: string
      readonly spec: Promise<LabSpec>
      /** Ask the cloud whether what is known is still there. */
      readonly refresh: boolean
      readonly say: (said: Said) => void
    },
    signal: AbortSignal,
  ): Promise<{ readonly machine: MachineState } | { readonly failed: StackFailure }>
  /**
   * Waits for whatever still works on the lab after a crash, and asks it to stop. `settleUntilMs` (time of day): a create
   * call was sent to that region and not refused, so not to find its machine before that time proves nothing.
   */
  settle(
    name: string,
    signal: AbortSignal,
  ): Promise<{ readonly settleUntilMs?: number; readonly settleRegion?: string }>
  /** Call when everything is proven gone. Throws `teardown.incomplete` where a shared state could not be cleared. */
  forget(name: string, labId: string, signal: AbortSignal): Promise<void>
}
