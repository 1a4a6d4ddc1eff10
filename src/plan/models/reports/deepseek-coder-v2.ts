/** What is written on all four models of DeepSeek-Coder-V2. Checked against the paper and the licence texts themselves. */
import type { Licence, Source, Training } from '../../report/model-report.js'

export const training: Training = {
  tokens: 10_200_000_000_000,
  mix: [
    { what: 'source code', percent: 60 },
    { what: 'natural language', percent: 30 },
    { what: 'mathematics', percent: 10 },
  ],
  facts: [
    '10.2 trillion tokens in all: 4.2 trillion behind an intermediate checkpoint of DeepSeek-V2, and 6 trillion further ones of the mix above (paper, section 3.3).',
    'The code corpus holds 1,170 billion tokens from GitHub and Common Crawl in 338 programming languages; from GitHub, public repositories made before November 2023 (section 2).',
  ],
}

export const tuning =
  'Then tuned on 300 million tokens of instructions, and by reinforcement learning (GRPO) with a reward model on code and mathematics (section 3.5).'

export const context = [
  '128K by YaRN (scale 40), trained in two stages of 1000 steps: sequences of 32K, then of 128K (paper, section 3.4).',
  'The configuration allows 163,840 positions; nothing published tests beyond 128K.',
]

export const benchmarkNote =
  "The authors' own figures, as of June 2024; on SWE-bench Lite they took the GPT results from OpenDevin and Claude's from SWE-Agent. Newer models are not in these tables."

export const gap =
  'The authors themselves see a significant gap to GPT-4 Turbo in following instructions, and poor results in complex tasks such as SWE-bench (paper, section 5).'

/** On the weights in fp8, with what their card says of quality. */
export const neuralMagic = (...measured: readonly string[]): string =>
  ['By Neural Magic, now Red Hat; not checked by the authors of the model.', ...measured].join(' ')

export const noTools = 'Tool calling: the chat template has no place for tools.'

export const licences: readonly Licence[] = [
  {
    of: 'weights',
    name: 'DeepSeek License Agreement 1.0 (deepseek-license)',
    facts: [
      'Commercial use is allowed. No token is needed to download.',
      'Use-based restrictions (attachment A), among them: no military use, no harm to minors, no false information meant to harm, no discrimination, no fully automated decisions against the rights of a person.',
      'They bind those who use it through you as well (paragraph 5). Read it before you offer the model to others.',
    ],
    url: 'https://github.com/deepseek-ai/DeepSeek-Coder-V2/blob/main/LICENSE-MODEL',
  },
  {
    of: 'code',
    name: 'MIT',
    facts: [],
    url: 'https://github.com/deepseek-ai/DeepSeek-Coder-V2/blob/main/LICENSE-CODE',
  },
]

export const sourcesOf = (repo: string, ...more: readonly Source[]): readonly Source[] => [
  { name: 'paper (arXiv 2406.11931)', url: 'https://arxiv.org/abs/2406.11931' },
  { name: 'README and licences', url: 'https://github.com/deepseek-ai/DeepSeek-Coder-V2' },
  { name: 'model card', url: `https://huggingface.co/${repo}` },
  ...more,
]

export const ollamaSource: Source = { name: 'Ollama tags', url: 'https://ollama.com/library/deepseek-coder-v2' }
