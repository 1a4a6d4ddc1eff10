/** labos as these tests ask it: the built CLI on the test cloud, with the real Pulumi, answering in JSON. */
import { mkdtempSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import type { ErrorJson } from '../../src/errors/labos-error.js'
import type { Cloud } from '../cloud/cloud.js'
import type { CloudSettings } from '../cloud/settings.js'
import type { Subject } from '../crash/subject.js'
import { pulumiCli } from '../pulumi/pulumi.js'

/** A cloud in which nothing takes long. */
export const QUICK: Partial<CloudSettings> = { pendingMs: 100, shuttingDownMs: 100, sshDelayMs: 0 }

/** What labos needs beside the cloud: its Pulumi, who may come in, and a cache that all runs of a test file share. */
export const besides = async (): Promise<Record<string, string>> => ({
  LABOS_PULUMI: await pulumiCli(),
  LABOS_ALLOW_CIDR: '127.0.0.1/32',
  LABOS_AWS_TIMEOUT: '5',
  LABOS_CACHE: mkdtempSync(join(homedir(), 'cache-')),
})

export interface Asked {
  readonly exitCode: number
  readonly error?: ErrorJson
  readonly result?: Readonly<Record<string, unknown>>
  /** All lines of stdout, each of which was JSON. */
  readonly lines: readonly Readonly<Record<string, unknown>>[]
  readonly stderr: string
}

/** `labos ARGS --json`. Throws where a line of stdout is no JSON. */
export async function asked({ run }: Pick<Subject, 'run'>, ...args: readonly string[]): Promise<Asked> {
  const { exitCode, stdout, stderr } = await run(...args, '--json')
  const lines = stdout
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Readonly<Record<string, unknown>>)
  const of = (type: string): Readonly<Record<string, unknown>> | undefined =>
    lines.find((line) => line['type'] === type)
  const [error, result] = [of('error')?.['error'], of('result')?.['result']]
  return {
    exitCode,
    lines,
    stderr,
    ...(error === undefined ? {} : { error: error as ErrorJson }),
    ...(result === undefined ? {} : { result: result as Readonly<Record<string, unknown>> }),
  }
}

/** `labos up` as these tests rent: a lab of the subject's name, agreed to. */
export const upArgs = ({ lab }: Pick<Subject, 'lab'>, ...more: readonly string[]): string[] => [
  'up',
  'deepseek-coder-v2',
  '--until',
  'machine',
  '--yes',
  '--name',
  lab,
  ...more,
]

/** The calls of that action since the journal had so many entries. */
export const callsOf = (cloud: Cloud, action: string, since = 0): Cloud['journal'] =>
  cloud.journal.slice(since).filter((entry) => entry.action === action)
