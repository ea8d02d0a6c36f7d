const clock = new Intl.DateTimeFormat('en-GB', { timeStyle: 'medium' })
const shortClock = new Intl.DateTimeFormat('en-GB', { timeStyle: 'short' })
const threeDigits = new Intl.NumberFormat('en', { maximumSignificantDigits: 3 })

/**
 * Formats a time of day in the reader's time zone, for example as `14:03:22`. `epochMs` is milliseconds since
 * 1970.
 */
export function formatClock(epochMs: number): string {
  return clock.format(epochMs)
}

/**
 * Formats a time of day in the reader's time zone, without seconds, for example as `14:03`. `epochMs` is
 * milliseconds since 1970.
 */
export function formatShortClock(epochMs: number): string {
  return shortClock.format(epochMs)
}

/** Formats a delay, for example as `0.4 ms`, `850 ms`, `12.4 s` or `3.5 min`. */
export function formatMs(ms: number): string {
  if (ms < 999.5) return `${threeDigits.format(ms)} ms`
  if (ms < 119_500) return `${threeDigits.format(ms / 1000)} s`
  return `${threeDigits.format(ms / 60_000)} min`
}

/** Formats a duration in its two largest units, for example as `45 s`, `12 min 5 s` or `3 d 4 h`. */
export function formatDuration(seconds: number): string {
  const total = Math.max(0, Math.floor(seconds))
  const [s, min, h, d] = [
    total % 60,
    Math.floor(total / 60) % 60,
    Math.floor(total / 3600) % 24,
    Math.floor(total / 86_400),
  ]
  if (d > 0) return `${d} d ${h} h`
  if (h > 0) return `${h} h ${min} min`
  if (min > 0) return `${min} min ${s} s`
  return `${s} s`
}

/**
 * Formats the time since an event, for example as `just now`, `12 s ago`, `3 min ago`, `2 h ago` or `4 d
 * ago`.
 */
export function formatAgo(ms: number): string {
  const seconds = Math.floor(ms / 1000)
  if (seconds < 5) return 'just now'
  if (seconds < 60) return `${seconds} s ago`
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)} h ago`
  return `${Math.floor(seconds / 86_400)} d ago`
}

/**
 * Formats a duration so that it can follow the words "the last", for example as `45 seconds` or `30 minutes`.
 */
export function formatSpan(seconds: number): string {
  if (seconds < 90) return `${Math.max(1, Math.round(seconds))} seconds`
  return `${Math.round(seconds / 60)} minutes`
}

const dateAndTime = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'short' })

/**
 * Formats a time in the reader's time zone, for example as `28 Nov 2026, 14:03`. `epochMs` is milliseconds
 * since 1970.
 */
export function formatDate(epochMs: number): string {
  return dateAndTime.format(epochMs)
}
