import { defineConfig } from 'vitest/config'

const project = (name: string, more: object = {}): object => ({
  extends: true,
  test: { name, include: [`test/${name}/**/*.test.ts`], ...more },
})

export default defineConfig({
  test: {
    disableConsoleIntercept: true,
    setupFiles: ['test/setup/each-file.ts'],
    reporters: ['./test/setup/reporter.ts'],
    env: { NO_COLOR: '1', TZ: 'UTC', COLUMNS: '80' },
    projects: [
      project('unit'),
      project('rules', { testTimeout: 60_000 }),
      // Real engines on few cores: one file at a time, and time enough for a busy machine.
      project('integration', {
        fileParallelism: false,
        testTimeout: 120_000,
        hookTimeout: 300_000,
        globalSetup: ['test/setup/prepare-engine.ts'],
      }),
    ],
  },
})
