import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { resumeDownload } from '../../../src/download/resume-download.js'
import type { Fetch } from '../../../src/ports.js'
import { bootstrapBench, hurriedClock, type BootstrapBench } from '../../fakes/bootstrap.js'
import { tempDir } from '../../fakes/temp-dir.js'

const CONTENT = Buffer.from('0123456789')

interface Scene extends BootstrapBench {
  readonly part: string
  /** Range of each request, oldest first. */
  readonly ranges: (string | null)[]
  readonly clock: ReturnType<typeof hurriedClock>
  download(): Promise<void>
}

/** Answers come in their order; after the last one, all requests get that one again. */
function scene(have: string, ...answers: (() => Response)[]): Scene {
  const part = join(tempDir(), 'tiny.gguf.part')
  if (have !== '') writeFileSync(part, have)
  const ranges: (string | null)[] = []
  const fetch: Fetch = (_url, init) => {
    ranges.push(new Headers(init?.headers).get('range'))
    const answer = answers.length > 1 ? answers.shift() : answers[0]
    return Promise.resolve(answer?.() ?? Response.error())
  }
  const clock = hurriedClock()
  const bench = bootstrapBench({ fetch, clock })
  const wish = { url: 'http://hub/tiny.gguf', headers: {}, part, totalBytes: CONTENT.length, what: 'tiny.gguf' }
  return {
    ...bench,
    part,
    ranges,
    clock,
    download: () => resumeDownload(wish, bench.deps, new AbortController().signal),
  }
}

/** The content from one byte up to another; the connection breaks when that is not the end. */
function sends(from: number, to: number, status = 200, startsAt = from): () => Response {
  const headers = status === 206 ? { 'content-range': `bytes ${String(startsAt)}-9/10` } : {}
  return () => new Response(broken(CONTENT.subarray(from, to), to < CONTENT.length), { status, headers })
}

/** Each piece is written before the next is asked for, so what is on the disk at the break is certain. */
function broken(bytes: Buffer, doesBreak: boolean): ReadableStream<Uint8Array> {
  let isSent = false
  return new ReadableStream<Uint8Array>(
    {
      pull: (controller) => {
        if (!isSent) controller.enqueue(new Uint8Array(bytes))
        else if (doesBreak) controller.error(new TypeError('terminated'))
        else controller.close()
        isSent = true
      },
    },
    { highWaterMark: 0 },
  )
}

const refuses =
  (status: number, headers: Record<string, string> = {}) =>
  (): Response =>
    new Response('', { status, headers })

describe('resumeDownload', () => {
  it('asks for what is missing, and again after a break', async () => {
    const { download, part, ranges, of } = scene('012', sends(3, 6, 206), sends(6, 10, 206))
    await download()
    expect(readFileSync(part)).toEqual(CONTENT)
    expect(ranges).toEqual(['bytes=3-', 'bytes=6-'])
    expect(of('retry')).toEqual([
      { type: 'retry', step: 'weights', attempt: 1, reason: 'the connection broke', delayMs: 1000 },
    ])
  })

  it('asks for nothing when all is there', async () => {
    const { download, ranges } = scene('0123456789')
    await download()
    expect(ranges).toEqual([])
  })

  it('counts tries anew after each that brings bytes', async () => {
    const steps = Array.from({ length: 10 }, (_, index) => sends(index, index + 1, index === 0 ? 200 : 206))
    const { download, part, clock } = scene('', ...steps)
    await download()
    expect(readFileSync(part)).toEqual(CONTENT)
    expect(clock.slept).toEqual(Array.from({ length: 9 }, () => 1000))
  })

  it('counts no try as fruitful that only gets back what was there once', async () => {
    const { download, ranges } = scene('', ...[6, 3, 5, 3, 5, 3].map((bytes) => sends(0, bytes)), sends(0, 10))
    await expect(download()).rejects.toMatchObject({
      code: 'network.download',
      message: 'Downloading http://hub/tiny.gguf failed: the connection broke.',
    })
    expect(ranges).toHaveLength(6)
  })

  it('does not append another part of the file than it asked for', async () => {
    const { download, part } = scene('012', sends(5, 10, 206), sends(3, 10, 206, 3))
    await download()
    expect(readFileSync(part)).toEqual(CONTENT)
  })

  it('gives up after five tries in vain, each wait twice as long, and keeps what came', async () => {
    const { download, part, ranges, clock } = scene('012', refuses(503))
    await expect(download()).rejects.toMatchObject({ message: expect.stringContaining('HTTP 503') as string })
    expect(clock.slept).toEqual([2000, 4000, 8000, 16_000])
    expect(ranges).toHaveLength(5)
    expect(readFileSync(part, 'utf8')).toBe('012')
  })

  it.each([404, 401, 410])('does not try HTTP %i again', async (status) => {
    const { download, ranges } = scene('', refuses(status))
    await expect(download()).rejects.toMatchObject({ code: 'network.download' })
    expect(ranges).toHaveLength(1)
  })

  it.each([
    ['7', 7000],
    ['3600', 30_000],
    ['Wed, 21 Oct 2026 07:28:00 GMT', 2000],
  ])('waits as the server asks: retry-after %s', async (after, delayMs) => {
    const { download, clock } = scene('', refuses(429, { 'retry-after': after }), sends(0, 10))
    await download()
    expect(clock.slept).toEqual([delayMs])
  })
})
