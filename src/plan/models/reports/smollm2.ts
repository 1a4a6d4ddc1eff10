import type { ReportText } from './report-text.js'

const REPO = 'HuggingFaceTB/SmolLM2-135M-Instruct'

export const smollm2Text: ReportText = {
  summary:
    'A very small chat model by Hugging Face. In labos it is the demo: small to download and at home on nearly any computer, it shows that engine, endpoint and key work before a larger model is brought up.',
  goodFor: ['Trying labos.', 'Tests of programs that talk to an OpenAI endpoint.'],
  notFor: ['Code for use, facts, or anything that must be right.', 'Tool calling, filling in the middle.'],
  benchmarks: [],
  benchmarkNote: 'Left out: what it scores says nothing about what it is here for.',
  training: { tokens: null, mix: [], facts: ['Described by its makers: see the sources.'] },
  context: ['8192 tokens, as its configuration says.'],
  fim: ['No such training is known: a request with `suffix` gets a clear 400.'],
  limitations: ['Expect wrong answers, and code that does not run.'],
  licences: [{ of: 'weights', name: 'Apache-2.0', facts: [], url: `https://huggingface.co/${REPO}` }],
  gguf: [{ where: 'Ollama', name: 'smollm2:135m', bytes: 271e6 }],
  checkpointNotes: {},
  sources: [
    { name: 'model card', url: `https://huggingface.co/${REPO}` },
    { name: 'paper (arXiv 2502.02737)', url: 'https://arxiv.org/abs/2502.02737' },
  ],
}
