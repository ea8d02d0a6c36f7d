/** Items handled in one turn of the event loop: ending so many sessions takes a few milliseconds. */
const sliceSize = 100

/**
 * Calls `act` with each item, a slice in each turn of the event loop, so that work on all sessions
 * does not hold up frames. The items may change meanwhile, as far as their iterator allows it.
 * @returns a promise that rejects with what `act` throws; later items are then left out
 */
export async function forEachInSlices<T>(
  items: Iterable<T>,
  act: (item: T) => void,
): Promise<void> {
  let count = 0
  for (const item of items) {
    act(item)
    if (++count % sliceSize === 0) await new Promise((resolve) => setImmediate(resolve))
  }
}
