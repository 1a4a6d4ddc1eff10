/**
 * Results as DeepSeek published them: arXiv 2406.11931, tables 3 to 10. Figure 1 of the paper differs from its tables by up
 * to 0.7; these are the tables.
 */
import type { BenchmarkGroup, Metric, Score } from '../../report/model-report.js'

const percent = (id: string, title: string, about: string, decimals = 1): Metric => ({
  id,
  title,
  about,
  unit: '%',
  decimals,
})

type Row = readonly [model: string, label: string, ...values: (number | null)[]]

/** The group as a report on `own` shows it. */
const group =
  (title: string, source: string, metrics: readonly Metric[], table: readonly Row[]) =>
  (own: string): BenchmarkGroup => ({ title, source, metrics, scores: table.map((row) => score(row, metrics, own)) })

const score = ([model, label, ...values]: Row, metrics: readonly Metric[], own: string): Score => ({
  model,
  label,
  own: model === own,
  values: Object.fromEntries(metrics.map(({ id }, column) => [id, values[column] ?? null])),
})

const writing = group(
  'Writing code',
  'paper, tables 3 and 4',
  [
    percent('HumanEval', 'HumanEval', 'Python functions'),
    percent('HumanEval_multilang_avg', '14 languages', 'average, with MBPP+'),
    percent('MBPP+', 'MBPP+', 'short Python tasks'),
    percent('LiveCodeBench', 'LiveCodeBench', 'Dec 2023 to June 2024'),
    percent('USACO', 'USACO', 'programming olympiad'),
  ],
  [
    ['Gemini-1.5-Pro', 'Gemini-1.5-Pro', 83.5, 68.9, 74.6, 34.1, 4.9],
    ['Claude-3-Opus', 'Claude-3-Opus', 84.2, 70.8, 72.0, 34.6, 7.8],
    ['GPT-4-1106', 'GPT-4-1106', 87.8, 72.5, 69.3, 37.1, 11.1],
    ['GPT-4-Turbo-0409', 'GPT-4-Turbo-0409', 88.2, 72.3, 72.2, 45.7, 12.3],
    ['GPT-4o-0513', 'GPT-4o-0513', 91.0, 76.4, 73.5, 43.4, 18.8],
    ['Codestral-22B', 'Codestral-22B', 78.1, 63.2, 68.2, 31.0, 4.6],
    ['DS-Coder-33B-Instruct', 'DS-Coder-33B', 79.3, 61.9, 70.1, 22.5, 4.2],
    ['Llama3-70B-Instruct', 'Llama3-70B', 81.1, 60.6, 68.8, 28.7, 3.3],
    ['DeepSeek-Coder-V2-Lite-Instruct', 'V2-Lite-Instruct', 81.1, 65.6, 68.8, 24.3, 6.5],
    ['DeepSeek-Coder-V2-Instruct', 'V2-Instruct 236B', 90.2, 75.3, 76.2, 43.4, 12.1],
  ],
)

const repairing = group(
  'Repairing code',
  'paper, table 7',
  [
    percent('Defects4J', 'Defects4J', 'one-method bugs in Java'),
    percent('SWE-bench-Lite', 'SWE-bench Lite', 'GitHub issues'),
    percent('Aider', 'Aider', 'edits of Python files'),
  ],
  [
    ['Gemini-1.5-Pro', 'Gemini-1.5-Pro', 18.6, 19.3, 57.1],
    ['Claude-3-Opus', 'Claude-3-Opus', 25.5, 11.7, 68.4],
    ['GPT-4-1106', 'GPT-4-1106', 22.8, 22.7, 65.4],
    ['GPT-4-Turbo-0409', 'GPT-4-Turbo-0409', 24.3, 18.3, 63.9],
    ['GPT-4o-0513', 'GPT-4o-0513', 26.1, 26.7, 72.9],
    ['Codestral-22B', 'Codestral-22B', 17.8, 2.7, 51.1],
    ['DS-Coder-33B-Instruct', 'DS-Coder-33B', 11.3, 0.0, 54.5],
    ['Llama3-70B-Instruct', 'Llama3-70B', 16.2, null, 49.2],
    ['DeepSeek-Coder-V2-Lite-Instruct', 'V2-Lite-Instruct', 9.2, 0.0, 44.4],
    ['DeepSeek-Coder-V2-Instruct', 'V2-Instruct 236B', 21.0, 12.7, 73.7],
  ],
)

const reasoning = group(
  'Reasoning about code',
  'paper, table 8',
  [percent('CRUXEval-I-COT', 'CRUXEval-I', 'which input'), percent('CRUXEval-O-COT', 'CRUXEval-O', 'which output')],
  [
    ['Gemini-1.5-Pro', 'Gemini-1.5-Pro', 67.0, 77.5],
    ['Claude-3-Opus', 'Claude-3-Opus', 73.4, 82.0],
    ['GPT-4-1106', 'GPT-4-1106', 75.5, 77.1],
    ['GPT-4-Turbo-0409', 'GPT-4-Turbo-0409', 75.7, 82.0],
    ['GPT-4o-0513', 'GPT-4o-0513', 77.4, 88.7],
    ['Codestral-22B', 'Codestral-22B', 48.0, 60.6],
    ['DS-Coder-33B-Instruct', 'DS-Coder-33B', 47.3, 50.6],
    ['Llama3-70B-Instruct', 'Llama3-70B', 61.1, 64.3],
    ['DeepSeek-Coder-V2-Lite-Instruct', 'V2-Lite-Instruct', 53.0, 52.9],
    ['DeepSeek-Coder-V2-Instruct', 'V2-Instruct 236B', 70.0, 75.1],
  ],
)

const mathematics = group(
  'Mathematics',
  'paper, table 9',
  [
    percent('GSM8K', 'GSM8K', 'school mathematics'),
    percent('MATH', 'MATH', 'competition problems'),
    { id: 'AIME2024_of30', title: 'AIME 2024', about: 'problems solved', unit: 'of 30', decimals: 0 },
    percent('MathOdyssey', 'MathOdyssey', 'mathematical problems'),
  ],
  [
    ['Gemini-1.5-Pro', 'Gemini-1.5-Pro', 90.8, 67.7, 2, 45.0],
    ['Claude-3-Opus', 'Claude-3-Opus', 95.0, 60.1, 2, 40.6],
    ['GPT-4-1106', 'GPT-4-1106', 91.4, 64.3, 1, 49.1],
    ['GPT-4-Turbo-0409', 'GPT-4-Turbo-0409', 93.7, 73.4, 3, 46.8],
    ['GPT-4o-0513', 'GPT-4o-0513', 95.8, 76.6, 2, 53.2],
    ['Llama3-70B-Instruct', 'Llama3-70B', 93.0, 50.4, 1, 27.9],
    ['DeepSeek-Coder-V2-Lite-Instruct', 'V2-Lite-Instruct', 86.4, 61.8, 0, 44.4],
    ['DeepSeek-Coder-V2-Instruct', 'V2-Instruct 236B', 94.9, 75.7, 4, 53.7],
  ],
)

const general = group(
  'General language',
  'paper, table 10',
  [
    percent('BBH', 'BBH', 'reasoning'),
    percent('MMLU', 'MMLU', 'knowledge'),
    percent('Arena-Hard', 'Arena-Hard', 'GPT-4 as judge'),
    percent('AlpacaEval2', 'AlpacaEval2', 'GPT-4 as judge', 2),
    { id: 'MT-Bench', title: 'MT-Bench', about: 'GPT-4 as judge', unit: 'of 10', decimals: 2 },
    { id: 'AlignBench', title: 'AlignBench', about: 'Chinese', unit: 'of 10', decimals: 2 },
  ],
  [
    ['DeepSeek-Coder-V2-Lite-Instruct', 'V2-Lite-Instruct', 61.2, 60.1, 38.1, 17.74, 7.81, 6.83],
    ['DeepSeek-Coder-V2-Instruct', 'V2-Instruct 236B', 83.9, 79.2, 65.0, 36.92, 8.77, 7.84],
  ],
)

const repositories = group(
  'Completion in a repository',
  'paper, table 5: next line exactly right',
  [percent('RepoBench_Py', 'RepoBench Python', 'average'), percent('RepoBench_Java', 'RepoBench Java', 'average')],
  [
    ['Codestral-22B', 'Codestral-22B', 46.1, 45.7],
    ['DS-Coder-7B-Base', 'DS-Coder-7B', 36.2, 43.3],
    ['DS-Coder-33B-Base', 'DS-Coder-33B', 39.1, 44.8],
    ['DeepSeek-Coder-V2-Lite-Base', 'V2-Lite-Base', 38.9, 43.3],
  ],
)

const infilling = group(
  'Filling in the middle',
  'paper, table 6: missing line exactly right',
  [
    percent('FIM_mean', 'Mean', 'of the three'),
    percent('FIM_python', 'Python', 'one line'),
    percent('FIM_java', 'Java', 'one line'),
    percent('FIM_js', 'JavaScript', 'one line'),
  ],
  [
    ['Codestral-22B', 'Codestral-22B', 83.0, 77.2, 83.2, 85.9],
    ['DS-Coder-7B-Base', 'DS-Coder-7B', 86.1, 79.8, 89.6, 86.3],
    ['DS-Coder-33B-Base', 'DS-Coder-33B', 86.4, 80.5, 88.4, 86.6],
    ['DeepSeek-Coder-V2-Lite-Base', 'V2-Lite-Base', 86.4, 80.0, 89.1, 87.2],
  ],
)

/** For the models that answer. */
export const instructBenchmarks = (own: string): BenchmarkGroup[] =>
  [writing, repairing, reasoning, mathematics, general].map((table) => table(own))

/** For the model that completes. */
export const completionBenchmarks = (own: string): BenchmarkGroup[] =>
  [infilling, repositories].map((table) => table(own))
