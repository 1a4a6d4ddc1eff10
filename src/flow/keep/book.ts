/** keeper.json: what a keeper writes of itself, one write after the other. */
import type { Clock, ProcessRef } from '../../ports.js'
import type { Paths } from '../../state/paths.js'
import type { KeeperRecord } from '../../state/record.js'
import { saveKeeper } from '../../state/store.js'

export interface KeeperBook {
  write(more: Partial<KeeperRecord>): Promise<void>
}

/** `before`: what is kept of an earlier keeper's. */
export function keeperBook(
  { name, port }: { readonly name: string; readonly port: number },
  { paths, clock, self }: { readonly paths: Paths; readonly clock: Clock; readonly self: ProcessRef },
  before: Partial<KeeperRecord> = {},
): KeeperBook {
  let content: KeeperRecord = {
    ...before,
    version: 1,
    ...self,
    port,
    startedAt: new Date(clock.now()).toISOString(),
  }
  let writing: Promise<void> = Promise.resolve()
  return {
    write: (more) => {
      content = { ...content, ...more }
      const snapshot = content
      writing = writing.then(() => saveKeeper(paths, name, snapshot))
      return writing
    },
  }
}
