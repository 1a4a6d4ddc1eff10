import { hostname, userInfo } from 'node:os'

/** `user@host`: what the tag `labos:owner` of this user's labs says. */
export function ownerName(): string {
  return `${userName()}@${hostname()}`
}

/** In a container the user may have no name. */
function userName(): string {
  try {
    return userInfo().username
  } catch {
    return 'unknown'
  }
}
