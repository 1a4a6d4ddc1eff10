/** As of `Clock`. */
interface Sleeper {
  sleep(ms: number, signal?: AbortSignal): Promise<void>
}

/** Runs `work` with a signal that also aborts after `ms`; its reason is then what `late` makes. Waits for `work` all the same. */
export async function inTime<T>(
  ms: number,
  late: () => Error,
  clock: Sleeper,
  signal: AbortSignal,
  work: (limited: AbortSignal) => Promise<T>,
): Promise<T> {
  const tooLate = new AbortController()
  const over = new AbortController()
  clock.sleep(ms, over.signal).then(
    () => tooLate.abort(late()),
    () => undefined,
  )
  try {
    return await work(AbortSignal.any([signal, tooLate.signal]))
  } finally {
    over.abort()
  }
}
