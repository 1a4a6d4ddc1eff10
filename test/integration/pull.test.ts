/** `labos pull` as a process: killed in the middle, and again. */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { cli, eventually, type Cli, type Run } from '../fakes/cli.js'
import { serve } from '../fakes/http-server.js'
import { repoHub, type RepoHub } from '../fakes/repo-hub.js'

const SIZE = 40_000_000
const user: Cli = cli()
afterAll(() => user.close())

describe('labos pull', () => {
  it('killed in the middle goes on where it was, and asks for nothing twice', async () => {
    const hub = await repoHub({
      'done.safetensors': Buffer.alloc(1000, 'a'),
      'big.safetensors': Buffer.alloc(SIZE, 'b'),
    })
    const folder = join(user.home, 'model')
    const args = ['pull', 'someone/model', '--to', folder, '--jobs', '1', '--json']
    // Large files come first: the connection breaks half-way through it, and the pull is killed while it waits.
    hub.cuts.push(SIZE / 2, SIZE / 4)
    const first = user.start(args, { HF_ENDPOINT: hub.address })
    const parts = join(folder, '.labos', 'parts')
    await eventually(
      () => existsSync(parts) && readdirSync(parts).some((name) => statSync(join(parts, name)).size > 1_000_000),
    )
    first.child.kill('SIGKILL')
    expect((await first.ended).signal).toBe('SIGKILL')
    const kept = Math.max(...readdirSync(parts).map((name) => statSync(join(parts, name)).size))
    hub.cuts.length = 0
    hub.asked.length = 0
    const second = await user.run(args, { env: { HF_ENDPOINT: hub.address } })
    expect(second.exitCode).toBe(0)
    expect(hub.asked).toContain(`GET /someone/model/resolve/${hub.commit}/big.safetensors bytes=${String(kept)}-`)
    const lines = second.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { type: string; result?: unknown })
    expect(lines.at(-1)).toMatchObject({
      type: 'result',
      result: { fetchedBytes: SIZE - kept + 1000, bytes: SIZE + 1000 },
    })
    expect(readFileSync(join(folder, 'big.safetensors')).equals(Buffer.alloc(SIZE, 'b'))).toBe(true)
    hub.asked.length = 0
    const third = await user.run(['pull', 'someone/model', '--to', folder], { env: { HF_ENDPOINT: hub.address } })
    expect(third.stdout).toContain('2 here already, nothing to fetch')
    expect(hub.asked.filter((line) => line.includes('/resolve/'))).toEqual([])
  })

  it('ends at Ctrl-C with what came kept, and says how to go on', async () => {
    const hub = await repoHub({ 'big.safetensors': Buffer.alloc(SIZE, 'b') })
    const stuck = await serve((request, response) => {
      if (!request.url?.startsWith('/api/'))
        return void response.writeHead(200, { 'content-length': SIZE }).write(Buffer.alloc(100_000))
      void fetch(`${hub.address}${request.url}`).then(async (answer) => response.end(await answer.text()))
    })
    const folder = join(user.home, 'stuck')
    const started = user.start(['pull', 'someone/model', '--to', folder], { HF_ENDPOINT: stuck })
    const parts = join(folder, '.labos', 'parts')
    await eventually(() => existsSync(parts) && readdirSync(parts).length > 0)
    started.child.kill('SIGINT')
    const { exitCode, stderr } = await started.ended
    expect(exitCode).toBe(130)
    expect(stderr).toContain('goes on with what is there')
    expect(stderr).toContain(`What came so far is kept in ${folder}.`)
  })
})

describe('labos pull says what is wrong, and by its exit code:', () => {
  const small = (): Promise<RepoHub> =>
    repoHub({ 'config.json': Buffer.from('{}'), 'model.safetensors': Buffer.alloc(1000, 'w') })
  const pull = (hub: RepoHub, ...more: string[]): Promise<Run> =>
    user.run(['pull', 'someone/model', '--to', join(user.home, 'trouble'), ...more], {
      env: { HF_ENDPOINT: hub.address, HF_TOKEN: 'hf_secret' },
    })

  it.each<[string, (hub: RepoHub) => void, string[], number, RegExp]>([
    ['gated', (hub) => (hub.denied = { status: 403 }), [], 3, /^hub\.gated {2}/m],
    ['unknown', (hub) => (hub.denied = { status: 404 }), [], 2, /^hub\.unknown {2}/m],
    ['another checksum', (hub) => (hub.lies['model.safetensors'] = '0'.repeat(64)), [], 6, /^weights\.damaged {2}/m],
    ['a path outside', (hub) => (hub.files['../../evil'] = Buffer.from('x')), [], 2, /^hub\.unsafe {2}/m],
    ['no match', () => undefined, ['--files', '*.gguf'], 2, /^usage\.value {2}.*\*\.gguf/m],
  ])('%s', async (_what, spoil, more, exit, said) => {
    const hub = await small()
    spoil(hub)
    const { exitCode, stdout, stderr } = await pull(hub, ...more)
    expect([exitCode, stdout]).toEqual([exit, ''])
    expect(stderr).toMatch(said)
    expect(stderr).not.toContain('hf_secret')
    expect(existsSync(join(user.home, 'evil'))).toBe(false)
  })

  it('a hub that is busy is asked again when it says; one that moved is told; patterns come from a variable', async () => {
    const hub = await small()
    hub.formerRepo = 'someone/old'
    hub.refusals.push({ status: 429, headers: { 'retry-after': '0' } })
    const folder = join(user.home, 'moved')
    const { exitCode, stdout } = await user.run(['pull', 'someone/old', '--to', folder, '--json'], {
      env: { HF_ENDPOINT: hub.address, LABOS_PULL_FILES: '*.json' },
    })
    expect(exitCode).toBe(0)
    const lines = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { type: string; result?: unknown })
    expect(lines.map(({ type }) => type)).toContain('retry')
    expect(lines.at(-1)).toMatchObject({
      result: {
        repo: 'someone/model',
        movedFrom: 'someone/old',
        folder,
        files: [{ path: 'config.json', bytes: 2, state: 'fetched' }],
      },
    })
  })
})

describe('labos plan', () => {
  it('answers with no home, no network and no credentials', async () => {
    const offline = { HTTPS_PROXY: 'http://127.0.0.1:1', HTTP_PROXY: 'http://127.0.0.1:1', AWS_REGION: 'eu-west-2' }
    const { exitCode, stdout, stderr } = await user.run(['plan', 'deepseek-coder-v2', '--json'], { env: offline })
    expect([exitCode, stderr]).toEqual([0, ''])
    const plan = JSON.parse(stdout) as { model: object; offers: { region: string; verdict: string }[] }
    expect(plan.model).toMatchObject({ id: 'deepseek-coder-v2', contextMax: 131_072, kvBytesPerToken: 31_104 })
    expect(plan.offers.every(({ region, verdict }) => region === 'eu-west-2' && verdict === 'fits')).toBe(true)
  })

  it.each([
    [['--explain'], /= weights +15\.17 GiB/],
    [['--engine-config'], /^max-model-len: 65536$/m],
    [['--all', '--region', 'us-east-1,eu-west-2'], /REFUSED/],
    [['--provider', 'local', '--context', '4k'], /4096 tokens/],
  ])('%j prints what it is for', async (more, shown) => {
    const { exitCode, stdout } = await user.run(['plan', 'deepseek-coder-v2', ...more])
    expect(exitCode).toBe(0)
    expect(stdout).toMatch(shown)
  })

  it('takes lists from variables too', async () => {
    const env = { LABOS_GPU: 'L4,L40S', LABOS_REGION: 'us-east-1,us-west-2' }
    const { stdout } = await user.run(['plan', 'deepseek-coder-v2', '--json'], { env })
    const { offers } = JSON.parse(stdout) as { offers: { gpu: string; region: string }[] }
    expect(new Set(offers.map(({ gpu, region }) => `${gpu} ${region}`)).size).toBe(4)
  })

  it.each([
    [['--ttl', '0'], 2],
    [['--max-price', '-1'], 2],
    [['--max-cost', '1e9'], 2],
    [['--concurrency', '1e9'], 2],
    [['--vram', '0'], 2],
    [['--prefer', 'luck'], 2],
    [['--explain', '--engine-config'], 2],
    [['--provider', 'local', '--spot'], 2],
    [['--max-price', '0.1', '--all'], 2],
  ])('%j is refused with exit %d', async (more, exit) => {
    const { exitCode, stderr } = await user.run(['plan', 'deepseek-coder-v2', ...more])
    expect(exitCode).toBe(exit)
    expect(stderr).toMatch(/^(?:usage|plan)\.\w+ {2}/)
  })
})
