/** Blocks of IPv4 addresses: `203.0.113.7/32`. Pure. */

/** Whether all of the block is in one of the others. What is no block is in none. */
export function isWithin(cidr: string, others: readonly string[]): boolean {
  const inner = parse(cidr)
  return inner !== undefined && others.some((other) => holds(parse(other), inner))
}

interface Block {
  readonly address: number
  readonly bits: number
}

const holds = (outer: Block | undefined, { address, bits }: Block): boolean =>
  outer !== undefined && outer.bits <= bits && network(outer.address, outer.bits) === network(address, outer.bits)

const network = (address: number, bits: number): number => Math.floor(address / 2 ** (32 - bits))

function parse(cidr: string): Block | undefined {
  const [, text = '', bits = '32'] = /^(\d+(?:\.\d+){3})(?:\/(\d+))?$/.exec(cidr) ?? []
  const bytes = text.split('.').map(Number)
  if (bytes.length !== 4 || bytes.some((byte) => byte > 255) || Number(bits) > 32) return undefined
  return { address: bytes.reduce((sum, byte) => sum * 256 + byte, 0), bits: Number(bits) }
}

/** One address without its `/32`, as people say it. */
export const blockText = (cidr: string): string => cidr.replace(/\/32$/, '')
