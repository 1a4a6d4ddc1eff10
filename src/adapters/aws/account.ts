import type { Account } from '../../cloud-ports.js'
import type { ClientSettings } from './clients.js'

export function accountPort(_settings: ClientSettings): Account {
  throw new Error('being made')
}
