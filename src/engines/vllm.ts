import type { Engine } from './engine.js'

/**
 * vLLM, on a machine that is reached over SSH: the machine's own scripts install it, its systemd starts it, starts it again
 * and ends it; the keeper watches. Wordings of the versions 0.28 to 0.33.
 */
export const vllm: Engine = {
  name: 'vllm',
  healthPath: '/health',
  metrics: {
    promptTokens: 'vllm:prompt_tokens_total',
    generatedTokens: 'vllm:generation_tokens_total',
    running: 'vllm:num_requests_running',
    waiting: 'vllm:num_requests_waiting',
  },
  logRules: [
    {
      cause: 'kv-none',
      pattern: /No available memory for the cache blocks/,
      advice:
        'The weights leave no room for the KV cache: a smaller precision, or a larger GPU (`labos plan MODEL --all`); `nvidia-smi` on the machine shows whether another program holds memory.',
    },
    {
      cause: 'kv-too-small',
      pattern:
        /To serve at least one request with the model's max seq len \((\d+)\), \(?([0-9.]+) GiB KV cache is needed.*?available KV cache memory \(([0-9.]+) GiB\)(?:.*?estimated maximum model length is (\d+))?/,
      advice: 'The context is too long for what the GPU has left: a shorter one (`--context`), or a larger GPU.',
    },
    {
      cause: 'context-too-long',
      pattern: /User-specified max_model_len \((\d+)\) is greater than the derived max_model_len/,
      advice: 'The model was not made for so long a context: a shorter one (`--context`).',
    },
    {
      cause: 'gpu-busy',
      pattern: /Free memory on device .* is less than desired GPU memory utilization/,
      advice:
        'Another program holds memory of the GPU: `nvidia-smi` on the machine names it (`labos ssh -- nvidia-smi`); end it.',
    },
    {
      cause: 'cuda-oom',
      pattern: /torch\.(?:cuda\.)?OutOfMemoryError|CUDA out of memory/,
      advice: 'The GPU is too small for what is asked of it: a shorter context, a smaller precision, or a larger GPU.',
    },
    {
      cause: 'bf16-unsupported',
      pattern: /Bfloat16 is only supported on GPUs with compute capability of at least 8\.0/,
      advice: 'This kind of GPU cannot compute in bf16: take one of compute capability 8.0 or above (L4, A10G, L40S).',
    },
    {
      cause: 'tp-heads',
      pattern: /Total number of attention heads \((\d+)\) must be divisible by tensor parallel size \((\d+)\)/,
      advice: 'The model cannot be split over that many GPUs: take a machine with 1, 2, 4 or 8.',
    },
    {
      cause: 'quant-align',
      pattern: /input size is not aligned with the quantized weight shape/,
      advice: 'These quantised weights cannot be split over that many GPUs: take fewer GPUs, or another precision.',
    },
    {
      cause: 'remote-code',
      pattern:
        /Failed to load the (?:model config|tokenizer)\..*trust[-_]remote[-_]code|Please pass the argument `trust_remote_code=True`/,
      advice:
        "The engine does not know this model, and labos runs no code of a model's repository: take another model.",
    },
    {
      cause: 'gated',
      pattern: /401 Client Error|Cannot access gated repo|GatedRepoError/,
      advice: 'The hub wants a login for this model: accept its licence there, set HF_TOKEN, and run `labos up` again.',
    },
    {
      cause: 'weights-missing',
      pattern:
        /Cannot find an appropriate cached snapshot folder|couldn't connect to '\S+' to load the files, and couldn't find them in the cached files|LocalEntryNotFoundError/,
      advice: 'The weights are not whole on the machine: `labos up` again fetches what is missing.',
    },
    {
      cause: 'weights-damaged',
      pattern: /Error while deserializing header: \w+/,
      advice: 'A file of the weights is damaged: end the lab with `labos down` and bring it up again.',
    },
    {
      cause: 'disk-full',
      pattern: /No space left on device/,
      advice: "The machine's disk is full: end the lab and take a machine with a larger one.",
    },
    {
      cause: 'driver-old',
      pattern: /NVIDIA driver on your system is too old|CUDA driver version is insufficient/,
      advice: "The machine's NVIDIA driver is older than the engine needs: update it, or take a newer image.",
    },
    {
      cause: 'gpu-missing',
      pattern: /Failed to infer device type|No CUDA GPUs are available/,
      advice: 'The engine sees no GPU: `nvidia-smi` on the machine says why (`labos ssh -- nvidia-smi`).',
    },
    {
      cause: 'bad-flag',
      pattern: /unrecognized arguments: (.+)|vllm serve: error: (.+)/,
      advice:
        'The engine does not take a setting: one of `--engine-arg`, or this version of it does not know one of the plan.',
    },
    {
      cause: 'port-taken',
      pattern: /\[Errno 98\]|Address already in use/i,
      advice: "Another program listens on the engine's port of the machine: end that program.",
    },
    {
      cause: 'engine-timeout',
      pattern: /Timed out waiting for engine core processes to start/,
      advice: 'Loading the weights took longer than the engine waits: their disk is slow; it starts again by itself.',
    },
    {
      cause: 'worker-died',
      pattern: /Worker proc \S+ died unexpectedly/,
      isGeneric: true,
      advice:
        'A process of the engine was ended from outside, often for want of memory: `labos logs system` shows that.',
    },
    {
      cause: 'engine-failed',
      pattern:
        /Engine core initialization failed|WorkerProc initialization failed|EngineCore encountered a(?: fatal error|n issue)/,
      isGeneric: true,
      advice: 'The lines before this one in `labos logs` say why.',
    },
  ],
  suffix: 'ignores',
}
