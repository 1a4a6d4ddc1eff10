import type { Holding } from '../cloud-ports.js'

export interface DownRequest {
  readonly name: string
  /** A lab that is not there is a success. */
  readonly ignoreNotFound: boolean
  /** Give up a lab whose record is damaged. */
  readonly force: boolean
  /** Remove the engine and weights that no other lab uses. */
  readonly purge: boolean
  /** Tell a rented machine to end, and do not wait until it has. */
  readonly noWait?: boolean
}

/** Public: `labos down --json` prints it. */
export interface DownResult {
  readonly name: string
  readonly id?: string
  /**
   * `undone`: its `labos up` was stopped, and removed what it had made. `ending`: told to end and not waited for, so nothing is
   * proven. `forgotten`: its host could not be asked.
   */
  readonly outcome: 'removed' | 'undone' | 'not-found' | 'ending' | 'forgotten'
  /** Cost of the lab's whole life; null = not known. */
  readonly usd: number | null
  /** `at-most`: it had ended before, nobody saw when. `estimate`: it had no record here. */
  readonly usdIs?: 'at-most' | 'estimate'
  /** What it held in AWS and is gone. */
  readonly removed?: readonly Pick<Holding, 'kind' | 'id' | 'region'>[]
  /** Folders that `--purge` removed. */
  readonly purged: readonly string[]
  /** Where a damaged record was moved to. */
  readonly recordSetAside?: string
}

export const briefly = ({ kind, id, region }: Holding): Pick<Holding, 'kind' | 'id' | 'region'> => ({
  kind,
  id,
  region,
})
