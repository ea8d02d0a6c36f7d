// Kinds of values a setting may have. Each takes what a flag or a variable gives (text) as well as
// what a file gives (a number, a boolean, a list), and is described by the sentence part that both
// the reference page and every error use.
import { wellFormed } from '@buddy-chat/protocol'
import { z } from 'zod'

/** A schema whose description says what is allowed: "a whole number from 1 to 10". */
export type ValueSchema<T> = z.ZodType<T, unknown>

/** A kind from a reader that answers undefined for what is not allowed. */
export function valueSchema<T>(
  allowed: string,
  read: (raw: unknown) => T | undefined,
): ValueSchema<T> {
  return z
    .unknown()
    .transform((raw, context) => {
      const value = read(raw)
      if (value !== undefined) return value
      context.addIssue({ code: 'custom', message: allowed })
      return z.NEVER
    })
    .describe(allowed) as ValueSchema<T>
}

function toNumber(raw: unknown, pattern: RegExp): number {
  if (typeof raw === 'number') return raw
  return typeof raw === 'string' && pattern.test(raw) ? Number(raw) : Number.NaN
}

/** A whole number. */
export const wholeNumber = (min: number, max: number): ValueSchema<number> =>
  valueSchema(`a whole number from ${min} to ${max}`, (raw) => {
    const value = toNumber(raw, /^\d+$/)
    return Number.isInteger(value) && value >= min && value <= max ? value : undefined
  })

/** A day: more is a mistake, and timers overflow at 24 days. */
const maxSeconds = 86_400

/** Seconds outside, milliseconds inside. */
export const seconds = (min: number, max = maxSeconds): ValueSchema<number> =>
  valueSchema(`seconds, from ${min} to ${max}`, (raw) => {
    const value = toNumber(raw, /^\d+(\.\d+)?$/)
    return value >= min && value <= max ? Math.round(value * 1000) : undefined
  })

/** Yes or no. */
export const boolean: ValueSchema<boolean> = valueSchema('true or false', (raw) => {
  if (typeof raw === 'boolean') return raw
  const value = String(raw).toLowerCase()
  if (['true', '1', 'yes', 'on'].includes(value)) return true
  return ['false', '0', 'no', 'off'].includes(value) ? false : undefined
})

/** A lone surrogate, which YAML and JSON can hold, would arrive at clients as another character. */
const isWellFormed = (value: unknown): value is string =>
  typeof value === 'string' && wellFormed(value) === value

/** Text that `pattern` accepts. */
export const text = (allowed: string, pattern = /^[^\0]*$/): ValueSchema<string> =>
  valueSchema(allowed, (raw) => {
    // A key made of digits is a number to YAML.
    const value = typeof raw === 'number' ? String(raw) : raw
    return isWellFormed(value) && pattern.test(value) ? value : undefined
  })

/** One of these words. */
export const oneOf = <const W extends string>(...words: readonly W[]): ValueSchema<W> =>
  valueSchema(`one of ${words.join(', ')}`, (raw) => words.find((each) => each === raw))

/**
 * Text separated by commas, or a list of texts, each of which `isAllowed`. Where it `mayBeEmpty` an
 * empty list is fine; a text of nothing but commas never is: it is a slip.
 */
export const textList = (
  allowed: string,
  isAllowed: (item: string) => boolean,
  mayBeEmpty = false,
): ValueSchema<readonly string[]> =>
  valueSchema(`${allowed}, separated by commas`, (raw) => {
    const list = typeof raw === 'string' ? raw.split(',') : raw
    if (!Array.isArray(list) || !list.every(isWellFormed)) return undefined
    const items = list.flatMap((item) => item.trim() || [])
    const isSlip = items.length === 0 && !(mayBeEmpty && Array.isArray(raw))
    return !isSlip && items.every(isAllowed) ? items : undefined
  })
