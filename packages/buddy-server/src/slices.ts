/**
 * The number of items that are handled in one turn of the event loop. For example, ending this many sessions
 * takes a few milliseconds.
 */
const sliceSize = 100

/**
 * Calls `act` with each item. Only some items are handled in each turn of the event loop, so that work on all
 * sessions does not delay frames. Items may be added or removed meanwhile if their iterator allows that.
 * @returns a promise that rejects with the error of `act`; later items are then skipped
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
