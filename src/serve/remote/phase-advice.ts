/** What to do when a machine's set-up failed, by the stable names that its scripts give. */
const ADVICE: Readonly<Record<string, string>> = {
  'driver.missing': 'The machine has no NVIDIA driver that works: an image with one is needed, or the GPU is broken.',
  'driver.count': 'The machine has fewer GPUs than planned: end the lab and take another machine.',
  'driver.memory': 'Its GPUs have less memory than planned: end the lab and take another machine.',
  'driver.old': 'The NVIDIA driver is older than the engine needs: a newer image, or a newer driver on your host.',
  'disk.short': 'The disk is too small for the engine and the weights: a larger one is needed.',
  'engine.download': 'The package index could not be reached from the machine, or lacks the engine.',
  'engine.install': 'The engine cannot be installed there.',
  'weights.gated': 'The hub wants a login: accept the licence there, set HF_TOKEN, and run `labos up` again.',
  'weights.unknown': 'The hub has no such model or revision: check the name.',
  'weights.download': 'The weights could not be downloaded.',
  'weights.stall':
    'The download of the weights stood still again and again: the hub or the network is slow; try later.',
  'weights.damaged': 'A file of the weights is not what the hub says: end the lab and bring it up again.',
  'engine.config': 'The engine does not know a setting of the plan: update labos.',
  'engine.exit': 'The engine ended before it ever answered.',
  'machine.unknown': 'The machine is of a type that the plan does not know: end the lab and bring it up again.',
  'python.missing': 'No Python for the engine was found there and none could be fetched.',
  'curl.missing': 'Install curl on the host.',
}

export const adviceFor = (cause: string | undefined): string => ADVICE[cause ?? ''] ?? 'Its set-up failed.'
