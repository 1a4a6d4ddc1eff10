/** What the provider says while it works: shown, and kept in the record at once, so that a machine is never made unseen. */
import type { Rung, Said } from '../../../infra/spec.js'
import type { RentedLab } from '../../state/record.js'
import { saveLab } from '../../state/store.js'
import { formatDuration, formatUsdOr } from '../../ui/format.js'
import type { Context } from '../context.js'
import { ratesOfLab } from '../rented-record.js'
import { seenMachine } from './seen-machine.js'

interface Watched {
  /** From now on things are made; the record is as it was saved. */
  begin(record: RentedLab): void
  say(said: Said): void
  /** Resolves to the record as it was saved last. */
  end(): Promise<RentedLab>
}

export function watch(lab: RentedLab, { clock, emit, paths }: Context): Watched {
  let record = lab
  let saving: Promise<void> = Promise.resolve()
  const sinceMs = clock.monotonicMs()
  let isStarted = false
  const note = (text: string): void => emit({ type: 'note', step: 'machine', text })
  return {
    begin: (saved) => {
      record = saved
    },
    say: (said) => {
      switch (said.type) {
        case 'trying':
          // The others are told of when they are refused.
          if (!isStarted) emit({ type: 'start', step: 'machine', text: `asking EC2 for a ${placeText(said.rung)}` })
          isStarted = true
          return
        case 'refused':
          note(`${placeText(said.rung)}: ${said.code}`)
          return
        case 'waiting':
          note(`nothing free anywhere; once more in ${formatDuration(said.waitMs)}`)
          return
        case 'made':
        case 'adopted': {
          const { id, instanceType, zone } = said.machine
          record = seenMachine(record, said.machine, clock.now())
          const saved = record
          const price = formatUsdOr(ratesOfLab(record).running, 'price not known')
          const how = said.type === 'made' ? 'is made' : 'was made before, and goes on'
          const text = `${id} ${how}: ${instanceType} in ${zone}, ${price}/h from now on`
          const elapsedMs = clock.monotonicMs() - sinceMs
          // Said when it is written down: who reads it may leave at once. The stack's state has it, too.
          saving = saving
            .then(() => saveLab(paths, saved))
            .catch(() => undefined)
            .then(() => emit({ type: 'done', step: 'machine', text, elapsedMs }))
        }
      }
    },
    end: async () => {
      await saving
      return record
    },
  }
}

const placeText = ({ instanceType, market, zone }: Rung): string =>
  `${instanceType}${market === 'spot' ? ' (spot)' : ''}${zone === undefined ? '' : ` in ${zone}`}`
