/** A host of the user's own: what it says of itself. */
import type { HostFacts, HostGpu } from '../../src/plan/host/host-facts.js'

export const hostGpu = (more: Partial<HostGpu> = {}): HostGpu => ({
  index: 0,
  name: 'NVIDIA L40S',
  memoryMiB: 46_068,
  usedMiB: 0,
  driver: '580.95.05',
  computeCapability: 8.9,
  ...more,
})

export const hostFacts = (more: Partial<HostFacts> = {}): HostFacts => ({
  system: 'Linux',
  architecture: 'x86_64',
  home: '/home/ada',
  cpus: 16,
  memoryGiB: 64,
  programs: ['python3', 'curl', 'flock', 'setsid', 'awk', 'systemctl', 'loginctl', 'journalctl', 'nvidia-smi'],
  diskFreeBytes: 500e9,
  isWritable: true,
  hasUnits: true,
  lingers: false,
  gpus: [hostGpu()],
  listens: [22],
  otherLabs: [],
  ...more,
})
