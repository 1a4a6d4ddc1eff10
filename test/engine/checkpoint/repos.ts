/** The repositories of the catalogue that the hub has, all with the same small weights. */
export const repos = [
  {
    repo: 'deepseek-ai/DeepSeek-Coder-V2-Lite-Instruct',
    commit: 'e434a23f91ba5b4923cf6c9d9a238eb4a08e3a11',
    isChat: true,
  },
  // Only the start of this commit is known.
  { repo: 'deepseek-ai/DeepSeek-Coder-V2-Lite-Base', commit: 'ea9b066'.padEnd(40, '0'), isChat: false },
  // What the plan takes where it is to cost little. A CPU computes no FP8: these are not quantised. The commits are made up.
  { repo: 'RedHatAI/DeepSeek-Coder-V2-Lite-Instruct-FP8', commit: 'f8'.padEnd(40, '1'), isChat: true },
  { repo: 'neuralmagic/DeepSeek-Coder-V2-Lite-Base-FP8', commit: 'f8'.padEnd(40, '2'), isChat: false },
] as const
