import { join } from 'node:path'
import { defineConfig } from 'vitest/config'
import { testCacheDir } from './test/setup/test-cache.js'

const cache = testCacheDir()
/** The AWS SDK speaks to those who update it. */
const QUIET = { AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true' }

const project = (name: string, more: object = {}): object => ({
  extends: true,
  test: {
    name,
    include: [`test/${name}/**/*.test.ts`],
    setupFiles: ['test/setup/each-file.ts', 'test/setup/no-network.ts'],
    ...more,
  },
})

export default defineConfig({
  test: {
    disableConsoleIntercept: true,
    expect: { poll: { timeout: 20_000 } }, // beside suites that keep all cores busy
    reporters: ['./test/setup/reporter.ts'],
    // Found before each file gets a HOME of its own; what pip has downloaded is shared too.
    env: {
      NO_COLOR: '1',
      TZ: 'UTC',
      COLUMNS: '80',
      LABOS_TEST_CACHE: cache,
      PIP_CACHE_DIR: join(cache, 'pip'),
      ...QUIET,
    },
    projects: [
      project('unit', { testTimeout: 30_000 }), // beside suites that keep all cores busy
      project('golden'),
      project('rules', { testTimeout: 60_000 }),
      // Real engines on few cores: one file at a time, and time enough for a busy machine. Installs need the network.
      project('integration', {
        setupFiles: ['test/setup/each-file.ts'],
        fileParallelism: false,
        testTimeout: 120_000,
        hookTimeout: 300_000,
        globalSetup: ['test/setup/prepare-engine.ts', 'test/setup/prepare-sshd.ts'],
      }),
      // The test cloud and the real Pulumi, which is built once where there is none: some ten minutes.
      project('aws', {
        setupFiles: ['test/setup/each-file.ts'],
        fileParallelism: false,
        testTimeout: 120_000,
        hookTimeout: 1_500_000,
        globalSetup: ['test/setup/prepare-pulumi.ts'],
      }),
      // Machines with systemd on this computer, where root can have them; their disk image is made once, in some minutes.
      project('hosts', {
        setupFiles: ['test/setup/each-file.ts'],
        fileParallelism: false,
        testTimeout: 120_000,
        hookTimeout: 300_000,
        globalSetup: ['test/setup/prepare-hosts.ts'],
      }),
      // All of labos, to an endpoint on such a machine: vLLM starts there, which takes a minute on few cores.
      project('laboratory', {
        setupFiles: ['test/setup/each-file.ts'],
        fileParallelism: false,
        testTimeout: 120_000,
        hookTimeout: 600_000,
        globalSetup: ['test/setup/prepare-hosts.ts', 'test/setup/prepare-pulumi.ts', 'test/setup/prepare-mirrors.ts'],
      }),
      // vLLM itself, built for CPUs, from a package index that is made once, in two minutes. Two files, one for each core.
      project('vllm', {
        setupFiles: ['test/setup/each-file.ts'],
        maxWorkers: 2,
        sequence: { groupOrder: 1 },
        testTimeout: 240_000,
        hookTimeout: 300_000,
        globalSetup: ['test/setup/prepare-vllm.ts'],
      }),
    ],
  },
})
