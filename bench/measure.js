import { execFileSync, spawn } from 'node:child_process'

/** @param {number[]} values */
export const median = (values) => quantile(values, 0.5)

/** @param {number[]} values @param {number} share */
export const quantile = (values, share) =>
  [...values].sort((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * share))] ?? NaN

/**
 * User + system seconds of a command, as bash's `time` counts them: children included, load of others not.
 * @param {string[]} argv @param {NodeJS.ProcessEnv} env
 */
export function cpuSeconds(argv, env) {
  const script = 'TIMEFORMAT="%U %S"; { time "$@" >/dev/null 2>&1; } 2>&1; exit 0'
  const out = execFileSync('bash', ['-c', script, 'bash', ...argv], { encoding: 'utf8', env })
  const [user = 0, system = 0] = out.trim().split(' ').map(Number)
  return user + system
}

/**
 * The same, and the seconds by the clock, without keeping this process from serving the command meanwhile.
 * @param {string[]} argv @param {NodeJS.ProcessEnv} env
 * @returns {Promise<{cpu: number, wall: number}>}
 */
export function secondsOf(argv, env) {
  const script = 'TIMEFORMAT="%U %S %R"; { time "$@" >/dev/null 2>&1; } 2>&1; exit 0'
  const child = spawn('bash', ['-c', script, 'bash', ...argv], { env, stdio: ['ignore', 'pipe', 'inherit'] })
  let out = ''
  child.stdout.on('data', (piece) => (out += piece))
  return new Promise((resolve) => {
    child.once('close', () => {
      const [user = 0, system = 0, wall = 0] = out.trim().split(' ').map(Number)
      resolve({ cpu: user + system, wall })
    })
  })
}

/** @param {number} value @param {number} digits */
export const fixed = (value, digits = 2) => value.toFixed(digits)
