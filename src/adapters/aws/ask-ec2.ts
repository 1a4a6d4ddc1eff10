import type { EC2Client } from '@aws-sdk/client-ec2'
import { asked } from './failure.js'

export interface Ec2Door {
  readonly client: EC2Client
  readonly region: string
}

/** `name`: of the action, which is the permission that it needs. Throws like `asked`. */
export const askEc2 = <T>({ region }: Ec2Door, name: string, signal: AbortSignal, work: () => Promise<T>): Promise<T> =>
  asked({ permission: `ec2:${name}`, region }, signal, work)

/** Local and Wavelength zones have longer names, other prices, and need an opt-in of their own. */
export const isZoneOf = (region: string, zone: string): boolean =>
  zone.startsWith(region) && zone.length === region.length + 1
