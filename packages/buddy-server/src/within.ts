/**
 * Resolves as `act` does, which receives a signal with the time limit. After that time, rejects with a
 * TimeoutError, also if `act` ignores the signal.
 */
export async function within<T>(
  timeLimitMs: number,
  act: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const signal = AbortSignal.timeout(timeLimitMs)
  let onAbort = (): void => undefined
  const aborted = new Promise<never>((_, reject) => {
    onAbort = () => reject(signal.reason as Error)
    signal.addEventListener('abort', onAbort, { once: true })
  })
  try {
    return await Promise.race([act(signal), aborted])
  } finally {
    signal.removeEventListener('abort', onAbort)
  }
}
