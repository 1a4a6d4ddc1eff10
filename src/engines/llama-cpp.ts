import { join } from 'node:path'
import type { LocalEngine } from './engine.js'

/**
 * llama.cpp's own HTTP server out of the PyPI wheel `xllamacpp`: no compiler, no dependencies, wheels for Linux,
 * macOS and Windows. Sizes and hashes as the package index lists them for the cp310-abi3 wheels.
 */
export const llamaCpp: LocalEngine = {
  name: 'llama.cpp',
  install: {
    kind: 'wheel',
    package: 'xllamacpp',
    version: '2026.10.11549',
    pythonMin: [3, 10],
    wheels: [
      {
        platform: 'linux-x64',
        bytes: 33_827_498,
        sha256: 'c54e7d13520ecc989c63dc99d55de3065e2f343a91f43f053d16b5e62077c261',
      },
      {
        platform: 'linux-arm64',
        bytes: 32_870_844,
        sha256: 'e2a3e79e775515de4ad197e667f874070446ef9ac9cf2044bc9866bc4c72289e',
      },
      {
        platform: 'darwin-arm64',
        bytes: 12_152_949,
        sha256: '4ecda27a308b2403aa13c9d04b270befab95edc556c24ed00b2f8a98bd7f6781',
      },
      {
        platform: 'darwin-x64',
        bytes: 11_523_198,
        sha256: '1f2a08052bb653659bcf1bedbbaf86b97f41dd46aa2763d596d7f27c5d89a689',
      },
      {
        platform: 'win32-x64',
        bytes: 8_733_245,
        sha256: '1b76730ab9af47ec8d05a3d55154305fa92642f694dd9ad87d9e5a5e9956a59d',
      },
    ],
  },
  life: 'owned',
  process: ({ plan, home, weightsPath, port, key }) => ({
    argv: [
      venvPython(home, process.platform),
      '-I',
      join(home, 'llama_server.py'),
      ...['--model', weightsPath],
      ...['--alias', plan.model.servedNames[0] ?? plan.model.id],
      ...['--port', String(port)],
      ...['--context', String(plan.contextTokens)],
      ...['--parallel', String(plan.parallel)],
      ...['--threads', String(plan.threads)],
    ],
    env: { LABOS_ENGINE_KEY: key },
  }),
  healthPath: '/health',
  metrics: {
    promptTokens: 'llamacpp:prompt_tokens_total',
    generatedTokens: 'llamacpp:tokens_predicted_total',
    running: 'llamacpp:requests_processing',
    waiting: 'llamacpp:requests_deferred',
  },
  logRules: [
    {
      cause: 'out-of-memory',
      pattern: /failed to allocate|unable to allocate|std::bad_alloc|MemoryError/,
      advice: 'Close other programs or use a shorter context (`--context 4096`).',
    },
    {
      cause: 'weights-damaged',
      pattern: /invalid magic|failed to read magic|tensor .* is not within the file bounds|corrupted or incomplete/,
      advice: 'The weights file is damaged: `labos down --purge`, then `labos up` fetches it again.',
    },
    {
      cause: 'weights-unreadable',
      pattern: /failed to open GGUF file|No such file or directory.*\.gguf/,
      advice: 'The weights file is gone: run `labos up` again to fetch it.',
    },
    {
      cause: 'architecture-unknown',
      pattern: /unknown model architecture: '([^']+)'/,
      advice: 'This engine is too old for the model: update labos.',
    },
    {
      cause: 'port-taken',
      pattern: /couldn't bind HTTP server socket|Address already in use/,
      advice: 'Another program took the engine port in the same moment: it is tried again with another.',
    },
    {
      cause: 'illegal-instruction',
      pattern: /Illegal instruction/,
      advice: 'This processor lacks instructions the engine was built for (AVX2).',
    },
    {
      cause: 'library-missing',
      pattern: /ImportError: (.+)/,
      advice: 'A system library is missing; on Debian: `apt-get install libgomp1`.',
    },
    {
      cause: 'load-failed',
      pattern: /failed to load model|error loading model/,
      advice: 'The lines before this one in `labos logs` say why.',
    },
  ],
  suffix: 'ignores',
}

/** The interpreter of a virtual environment under the engine's home. */
export const venvPython = (home: string, platform: NodeJS.Platform): string =>
  platform === 'win32' ? join(home, 'venv', 'Scripts', 'python.exe') : join(home, 'venv', 'bin', 'python')
