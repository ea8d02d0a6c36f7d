import { CommandError } from './command-error.ts'

const units = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const

/**
 * Returns the milliseconds that a text such as `30m`, `12h` or `7d` means.
 * @throws CommandError if it means none
 */
export function durationMs(flag: string, text: string): number {
  const [, count, unit] = /^(\d{1,6})([smhd])$/.exec(text) ?? []
  const duration = Number(count) * units[unit as keyof typeof units]
  if (duration > 0) return duration
  throw new CommandError(`${flag}=${text} is not allowed: it must be a time such as 30m, 12h or 7d`)
}
