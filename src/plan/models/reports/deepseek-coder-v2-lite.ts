/** What is written on the two models of 16B. */
import { completionBenchmarks, instructBenchmarks } from './deepseek-benchmarks.js'
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

const GGUF = 'bartowski/DeepSeek-Coder-V2-Lite-Instruct-GGUF'
const needle = 'The published needle test is of "DeepSeek-Coder-V2 Base"; there is none for Lite by name.'
const trained =
  'Trained for it: half of the documents, as prefix, suffix, middle (rate 0.5, paper section 3.1; the 16B models only).'
const knowledge = 'Facts are not its strength: TriviaQA 59.5, below 65.2 of DeepSeek-V2-Lite-Chat (paper, table 10).'

export const liteInstructText: ReportText = {
  summary:
    'A mixture-of-experts model for code and mathematics that answers in chat, published by DeepSeek in June 2024. It goes on from an early DeepSeek-V2 with 6 trillion more tokens, most of them source code. All of its 16B parameters must be in memory, but a token goes through 2.45B of them.',
  goodFor: [
    'Questions about code, short functions and scripts, explanations; it saw 338 programming languages.',
    'Use on one computer: 4-bit weights are 8.9 to 10.4 GB.',
    'Mathematics with reasoning written out (MATH 61.8, GSM8K 86.4).',
  ],
  notFor: [
    'Work as an agent: SWE-bench Lite 0.0, Aider edits 44.4.',
    noTools,
    'Editor completion as a first choice: fill-in-the-middle is not tested for this variant; Lite-Base is the model for it.',
  ],
  benchmarks: instructBenchmarks('DeepSeek-Coder-V2-Lite-Instruct'),
  benchmarkNote,
  training: { ...training, facts: [...training.facts, tuning] },
  context: [...context, needle],
  fim: [
    `${trained} That was before the tuning on instructions: whether Lite-Instruct still does it well, nobody published.`,
  ],
  limitations: [gap, knowledge, 'A quantisation loses some quality; the results above are of the unquantised model.'],
  licences,
  gguf: [
    ...(
      [
        ['Q2_K', 6.43],
        ['Q3_K_M', 8.13],
        ['IQ4_XS', 8.57],
        ['Q4_K_M', 10.4],
        ['Q5_K_M', 11.9],
        ['Q6_K', 14.1],
        ['Q8_0', 16.7],
      ] as const
    ).map(([name, gb]) => ({ where: GGUF, name, bytes: gb * 1e9 })),
    { where: 'Ollama', name: 'deepseek-coder-v2:16b (Q4_0)', bytes: 8.9e9 },
  ],
  checkpointNotes: { fp8: neuralMagic('HumanEval+ 79.60, as its card says.') },
  sources: sourcesOf(
    'deepseek-ai/DeepSeek-Coder-V2-Lite-Instruct',
    { name: 'GGUF files', url: `https://huggingface.co/${GGUF}` },
    ollamaSource,
  ),
}

export const liteBaseText: ReportText = {
  summary:
    'The completion model of DeepSeek-Coder-V2: it continues text and code, and fills in what is missing between two pieces. Published by DeepSeek in June 2024. All of its 16B parameters must be in memory, but a token goes through 2.45B of them.',
  goodFor: [
    'Completion in an editor: 86.4 of 100 missing lines exactly right, on average over three languages.',
    'Fine-tuning of your own, from a model that was not tuned yet.',
  ],
  notFor: [
    'Chat, questions and instructions: it continues text and does not answer.',
    'Work as an agent, and tool calling.',
    'The best next line across a repository: Codestral-22B has 46.1 against 38.9 in Python (RepoBench).',
  ],
  benchmarks: completionBenchmarks('DeepSeek-Coder-V2-Lite-Base'),
  benchmarkNote:
    "The authors' own figures, as of June 2024: the first line of the answer must be exactly the right one. RepoBench: cases of December 2023, prompts of 2K to 16K. Newer models are not in these tables.",
  training,
  context: [...context, needle],
  fim: [trained, 'The authors show it with this model in their README.'],
  limitations: [
    'Ask for a few lines and stop there: nothing tells it that an answer is complete.',
    'labos has no way to run it on this computer yet: no GGUF of it is in the catalogue.',
  ],
  licences,
  gguf: [],
  checkpointNotes: { fp8: neuralMagic() },
  sources: sourcesOf('deepseek-ai/DeepSeek-Coder-V2-Lite-Base'),
}
