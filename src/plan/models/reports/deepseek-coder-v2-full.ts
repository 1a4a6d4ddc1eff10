/** What is written on the two models of 236B. */
import { instructBenchmarks } from './deepseek-benchmarks.js'
import {
  benchmarkNote,
  context,
  gap,
  licences,
  neuralMagic,
  noTools,
  ollamaSource,
  sourcesOf,
  training,
  tuning,
} from './deepseek-coder-v2.js'
import type { ReportText } from './report-text.js'

const needle =
  'The published needle test is of "DeepSeek-Coder-V2 Base"; it goes well at all lengths up to 128K, the authors say.'
const noFim = 'Not trained for it: only Lite was (paper, section 3.1 and table 2).'
const hardware = 'In bf16 it needs 8 GPUs of 80 GB, as its authors say.'

export const fullInstructText: ReportText = {
  summary:
    'The large model of DeepSeek-Coder-V2: a mixture of experts for code and mathematics that answers in chat, published by DeepSeek in June 2024. It goes on from an early DeepSeek-V2 with 6 trillion more tokens, most of them source code. All of its 236B parameters must be in memory, but a token goes through 20.9B of them.',
  goodFor: [
    'Edits of files by instruction: Aider 73.7, the highest in the table below.',
    'Writing functions: HumanEval 90.2, MBPP+ 76.2; competition problems: LiveCodeBench 43.4.',
    'Mathematics with reasoning written out (MATH 75.7, GSM8K 94.9).',
  ],
  notFor: [
    noTools,
    'Issues of real projects as an agent: SWE-bench Lite 12.7, GPT-4o-0513 has 26.7.',
    'Editor completion: it was not trained for filling in the middle.',
    'A computer with little memory: the smallest weights here are 129 GB.',
  ],
  benchmarks: instructBenchmarks('DeepSeek-Coder-V2-Instruct'),
  benchmarkNote,
  training: { ...training, facts: [...training.facts, tuning] },
  context: [...context, needle],
  fim: [noFim],
  limitations: [gap, hardware, 'A quantisation loses some quality; the results above are of the unquantised model.'],
  licences,
  gguf: [{ where: 'Ollama', name: 'deepseek-coder-v2:236b (Q4_0)', bytes: 133e9 }],
  checkpointNotes: { fp8: neuralMagic('HumanEval+ 88.98, as its card says.') },
  sources: sourcesOf(
    'deepseek-ai/DeepSeek-Coder-V2-Instruct',
    { name: 'GGUF files', url: 'https://huggingface.co/bartowski/DeepSeek-Coder-V2-Instruct-GGUF' },
    ollamaSource,
  ),
}

export const fullBaseText: ReportText = {
  summary:
    'The large DeepSeek-Coder-V2 before it was tuned on instructions: it continues text and code. Published by DeepSeek in June 2024. All of its 236B parameters must be in memory, but a token goes through 20.9B of them.',
  goodFor: ['Fine-tuning of your own, from a model that was not tuned yet.', 'Continuing long text and code.'],
  notFor: [
    'Chat, questions and instructions: it continues text and does not answer.',
    'Editor completion: it was not trained for filling in the middle; Lite-Base was.',
    'Work as an agent, and tool calling.',
  ],
  benchmarks: [],
  benchmarkNote: 'The paper has no results of this model in its tables of coding tests.',
  training,
  context: [...context, needle],
  fim: [noFim],
  limitations: [hardware, 'labos has no way to run it on this computer: nothing smaller than fp8 is in the catalogue.'],
  licences,
  gguf: [],
  checkpointNotes: {
    fp8: neuralMagic('HumanEval+ 80.55 against 79.90 in bf16, as its card says.'),
  },
  sources: sourcesOf('deepseek-ai/DeepSeek-Coder-V2-Base'),
}
