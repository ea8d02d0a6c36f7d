// How long a ban or a slowed search can last, for requests over HTTP, for methods and for commands.

/** Ten years. A longer time is a mistake, or means for good. */
const maxMs = 10 * 365 * 86_400_000

/** What {@link isMeasureDuration} requires, to be put after the name of the field. */
export const measureDurationRule = `must be whole milliseconds from 1 to ${maxMs} (ten years)`

/** Whether a measure can last this many milliseconds. */
export function isMeasureDuration(durationMs: number): boolean {
  return Number.isSafeInteger(durationMs) && durationMs > 0 && durationMs <= maxMs
}
