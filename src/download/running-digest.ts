/** The digest of a file, computed while its bytes arrive, so that nothing is read twice. */
import { createHash, type Hash } from 'node:crypto'
import { createReadStream } from 'node:fs'

export type DigestKind = 'sha256' | 'git-blob'

export class RunningDigest {
  /** Bytes that are in it. */
  bytes = 0
  readonly #kind: DigestKind
  readonly #totalBytes: number
  #hash: Hash

  /** `totalBytes` is part of what git digests. */
  constructor(kind: DigestKind, totalBytes: number) {
    this.#kind = kind
    this.#totalBytes = totalBytes
    this.#hash = this.#fresh()
  }

  restart(): void {
    this.bytes = 0
    this.#hash = this.#fresh()
  }

  add(piece: Uint8Array): void {
    this.#hash.update(piece)
    this.bytes += piece.length
  }

  /** Makes it hold the first `bytes` of a file, reading them unless it does already. */
  async catchUp(path: string, bytes: number, signal?: AbortSignal): Promise<void> {
    if (this.bytes === bytes) return
    this.restart()
    if (bytes === 0) return
    const source = createReadStream(path, { end: bytes - 1, highWaterMark: 1 << 20, signal })
    for await (const piece of source) this.add(piece as Buffer)
  }

  /** Hex; the last thing to be asked. */
  hex(): string {
    return this.#hash.digest('hex')
  }

  #fresh(): Hash {
    if (this.#kind === 'sha256') return createHash('sha256')
    return createHash('sha1').update(`blob ${String(this.#totalBytes)}\0`)
  }
}

/** Digest of a whole file. */
export async function digestOf(path: string, kind: DigestKind, bytes: number, signal?: AbortSignal): Promise<string> {
  const digest = new RunningDigest(kind, bytes)
  await digest.catchUp(path, bytes, signal)
  return digest.hex()
}
