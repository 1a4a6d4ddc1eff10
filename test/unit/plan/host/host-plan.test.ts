import { describe, expect, it } from 'vitest'
import { refuseHost } from '../../../../src/plan/host/check-host.js'
import type { HostFacts } from '../../../../src/plan/host/host-facts.js'
import { type HostPlan, type HostRequest, planHost } from '../../../../src/plan/host/host-plan.js'
import { engineConfig } from '../../../../src/plan/rent/engine-config.js'
import { hostPlanText } from '../../../../src/ui/host-plan-text.js'
import { hostFacts, hostGpu } from '../../../fakes/host.js'
import { fitting, rentable, rentPlan } from '../../../fakes/rent.js'

const FOLDER = '.local/share/labos/one'
const RTX_4090 = hostGpu({ name: 'NVIDIA GeForce RTX 4090', memoryMiB: 24_564 })

const decide = (facts: HostFacts, more: Partial<HostRequest> = {}): ReturnType<typeof planHost> =>
  planHost(rentable(), { target: 'ada@box', concurrency: 1, ...more }, facts, FOLDER)

function plan(facts: HostFacts, more: Partial<HostRequest> = {}): HostPlan {
  const decision = decide(facts, more)
  if (!decision.ok) throw new Error(decision.refusal.message)
  return decision.plan
}

const refusal = (facts: HostFacts, more: Partial<HostRequest> = {}): string => {
  const decision = decide(facts, more)
  return decision.ok
    ? ''
    : `${decision.refusal.code}: ${decision.refusal.message} ${decision.refusal.suggestions.join(' ')}`
}

describe('a plan for a host', () => {
  it('is what a rented machine with the same GPU would get', () => {
    const made = plan(hostFacts())
    const [rented] = fitting(rentPlan('deepseek-coder-v2', { gpus: ['L40S'], precision: 'bf16', prefer: 'quality' }))
    expect(made).toMatchObject({
      gpu: 'NVIDIA L40S',
      gpuCount: 1,
      gpuIndexes: null,
      contextTokens: rented?.contextTokens,
      weightsGiBPerGpu: rented?.weightsGiBPerGpu,
      kvTokens: rented?.kvTokens,
      model: { precision: 'bf16' },
      usdPerHour: 0,
    })
  })

  it('takes less precise weights where the best do not fit, and says so', () => {
    const made = plan(hostFacts({ gpus: [RTX_4090] }))
    expect(made.model.precision).toBe('fp8')
    expect(made.decisions.join(' ')).toContain('fp8 instead of bf16, which does not fit on NVIDIA GeForce RTX 4090')
  })

  it('leaves the port of another lab alone, also while nobody listens there, and says that it is there', () => {
    const made = plan(hostFacts({ listens: [22, 8001], otherLabs: [{ name: 'two', port: 8000 }] }))
    expect(made.enginePort).toBe(8002)
    expect(made.notes.join(' ')).toContain('The lab "two" is on this host, too')
  })

  it('uses the GPUs that nobody uses, all of one kind', () => {
    const busy = hostGpu({ index: 0, usedMiB: 20_000 })
    const [second, third] = [hostGpu({ index: 1 }), hostGpu({ index: 2 })]
    const shown = hostGpu({ index: 3, name: 'NVIDIA T400', memoryMiB: 4096, computeCapability: 7.5 })
    const made = plan(hostFacts({ gpus: [busy, second, shown] }))
    expect([made.gpuCount, made.gpuIndexes]).toEqual([1, [1]])
    const both = plan(hostFacts({ gpus: [busy, second, third, shown] }))
    expect([both.gpuCount, both.gpuIndexes]).toEqual([2, [1, 2]])
    expect(plan(hostFacts({ gpus: [hostGpu({ index: 0 }), second] })).gpuIndexes).toBeNull()
  })

  it('bears a desktop on the GPU, and nothing that takes more', () => {
    const used = (usedMiB: number): string => refusal(hostFacts({ gpus: [{ ...RTX_4090, usedMiB }] }))
    expect(used(900)).toBe('')
    expect(used(5000)).toMatch(/^host\.unfit: Every GPU of ada@box is in use: 0 \(.*\) 4\.9 of 24\.0 GiB/)
  })

  it('names the first port that is free, and has the engine listen there', () => {
    const made = plan(hostFacts({ listens: [22, 8000, 8001] }))
    expect(made.enginePort).toBe(8002)
    const place = { ...made, instanceType: 'host', tensorParallel: made.gpuCount, port: made.enginePort }
    expect(engineConfig(made.model, place)).toContain('\nport: 8002\n')
  })

  it('is refused with the sum where nothing fits', () => {
    const small = hostFacts({ gpus: [hostGpu({ name: 'NVIDIA RTX 4060', memoryMiB: 8188 })] })
    expect(refusal(small)).toMatch(
      /^plan\.nofit: .* does not fit on 1 x NVIDIA RTX 4060 of ada@box: weights \d+\.\d \+ engine \d+\.\d \+ \d+\.\d for \d+K tokens = \d+\.\d GiB on each, of which vLLM may use \d+\.\d of \d+\.\d/,
    )
    expect(refusal(hostFacts({ gpus: [RTX_4090] }), { precision: 'fp8', contextTokens: 131_072 })).toMatch(
      /There is room for `--context \d+K`/,
    )
  })

  it('is refused where the disk is too small', () => {
    expect(refusal(hostFacts({ diskFreeBytes: 30e9 }))).toMatch(
      /^disk\.short: .* need 53 GB of disk on ada@box, and 30 GB/,
    )
  })

  it('says all that is made there, and that it costs nothing', () => {
    const serving = { engineVersion: '0.33.0', bootMs: 2_700_000, idleMs: 1_800_000 }
    const text = hostPlanText(plan(hostFacts()), serving)
    for (const part of [
      '/home/ada/.local/share/labos/one',
      'labos-one-engine',
      'linger is turned on',
      'it is your own',
      'by itself after 30 m without a request, when it does not serve within 45 m, or with `labos down`',
    ])
      expect(text.replaceAll(/\s+/g, ' ')).toContain(part)
    expect(hostPlanText(plan(hostFacts()), { ...serving, ttlMs: 28_800_000 })).toContain('after 8 h')
    expect(hostPlanText(plan(hostFacts({ lingers: true })), serving)).not.toContain('linger')
  })
})

describe('a host is refused', () => {
  const need = { target: 'ada@box', driverMin: 580, labId: '', folder: FOLDER }

  it.each<[string, Partial<HostFacts>, RegExp]>([
    ['another system', { system: 'Darwin', architecture: 'arm64' }, /Darwin on arm64/],
    ['missing programs', { programs: ['python3', 'awk', 'systemctl', 'journalctl'] }, /lacks curl, flock, setsid/],
    ['no systemd for the user', { hasUnits: false }, /no systemd there/],
    ['a home that units cannot name', { home: '/home/ada lovelace' }, /unusual name/],
    ['a home that cannot be written', { isWritable: false }, /may not write/],
    ['no GPU', { gpus: [], gpuTrouble: 'No devices were found' }, /No devices were found/],
    ['an old driver', { gpus: [hostGpu({ driver: '535.183.01' })] }, /535\.183\.01.*580 or newer/],
  ])('for %s', (_what, facts, text) => {
    expect(refuseHost(hostFacts(facts), need)).toMatchObject({
      code: 'host.unfit',
      message: expect.stringMatching(text) as string,
    })
  })

  it("for another lab's folder, and not for its own", () => {
    const there = hostFacts({ folderOf: 'lab-1' })
    expect(refuseHost(there, need)).toMatchObject({ code: 'lab.differs' })
    expect(refuseHost(there, { ...need, labId: 'lab-1' })).toBeUndefined()
    expect(refuseHost(hostFacts({ folderOf: '' }), { ...need, labId: 'lab-1' })).toMatchObject({ code: 'lab.differs' })
  })

  it('not when it is well', () => {
    expect(refuseHost(hostFacts(), need)).toBeUndefined()
  })
})
