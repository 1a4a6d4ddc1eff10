import { hostname, userInfo } from 'node:os'

/** `user@host`: what the tag `labos:owner` of this user's labs says. Only characters that tags may hold. */
export const ownerName = (): string => `${userName()}@${hostname()}`.replaceAll(/[^\p{L}\p{N} +\-=._:/@]/gu, '-')

/** In a container the user may have no name. */
export function userName(): string {
  try {
    return userInfo().username
  } catch {
    return 'unknown'
  }
}
