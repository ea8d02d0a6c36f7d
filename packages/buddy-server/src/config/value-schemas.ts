// Schemas for the values of settings. Each accepts a text, which flags and variables contain, and the number,
// boolean or list that a configuration file may contain instead. The description of a schema completes the
// sentence "it must be …" in error messages, and "Allowed: …" in docs/configuration.md.
import { wellFormed } from '@buddy-chat/protocol'
import { z } from 'zod'

/** A schema whose description says what is allowed, such as "a whole number from 1 to 10". */
export type ValueSchema<T> = z.ZodType<T, unknown>

/**
 * Creates a schema.
 * @param allowed the description of the schema
 * @param read returns the value, or undefined if `raw` is not allowed
 */
export function valueSchema<T>(
  allowed: string,
  read: (raw: unknown) => T | undefined,
): ValueSchema<T> {
  return z
    .unknown()
    .transform((raw, context) => {
      const value = read(raw)
      if (value !== undefined) return value
      context.addIssue({ code: 'custom', message: `it must be ${allowed}` })
      return z.NEVER
    })
    .describe(allowed) as ValueSchema<T>
}

function toNumber(raw: unknown, pattern: RegExp): number {
  if (typeof raw === 'number') return raw
  return typeof raw === 'string' && pattern.test(raw) ? Number(raw) : Number.NaN
}

/** A schema for a whole number. */
export const wholeNumber = (min: number, max: number): ValueSchema<number> =>
  valueSchema(`a whole number from ${min} to ${max}`, (raw) => {
    const value = toNumber(raw, /^\d+$/)
    return Number.isInteger(value) && value >= min && value <= max ? value : undefined
  })

/**
 * The default maximum of a time, one day. A longer time is probably a mistake, and timers overflow at 24
 * days.
 */
const maxSeconds = 86_400

/** A schema for a time. The operator writes seconds, and the value is in milliseconds. */
export const seconds = (min: number, max = maxSeconds): ValueSchema<number> =>
  valueSchema(`seconds, from ${min} to ${max}`, (raw) => {
    const value = toNumber(raw, /^\d+(\.\d+)?$/)
    return value >= min && value <= max ? Math.round(value * 1000) : undefined
  })

/** A schema for a boolean, or a text that means one, such as `yes` or `0`. */
export const boolean: ValueSchema<boolean> = valueSchema('true or false', (raw) => {
  if (typeof raw === 'boolean') return raw
  const value = String(raw).toLowerCase()
  if (['true', '1', 'yes', 'on'].includes(value)) return true
  return ['false', '0', 'no', 'off'].includes(value) ? false : undefined
})

/**
 * Returns whether `value` is a text without lone surrogates. YAML and JSON can contain them, but clients
 * would receive another character.
 */
const isWellFormed = (value: unknown): value is string =>
  typeof value === 'string' && wellFormed(value) === value

/** A schema for a text that matches `pattern`. */
export const text = (allowed: string, pattern = /^[^\0]*$/): ValueSchema<string> =>
  valueSchema(allowed, (raw) => {
    // A number is accepted as a text, because YAML reads a text of digits as a number.
    const value = typeof raw === 'number' ? String(raw) : raw
    return isWellFormed(value) && pattern.test(value) ? value : undefined
  })

/** A schema for one of `words`. */
export const oneOf = <const W extends string>(...words: readonly W[]): ValueSchema<W> =>
  valueSchema(`one of ${words.join(', ')}`, (raw) => words.find((each) => each === raw))

/**
 * A schema for a list of texts, or for one text in which they are separated by commas. `isAllowed` checks
 * each item. If `mayBeEmpty`, an empty list is allowed. A text that contains only commas is never allowed,
 * because it is a mistake.
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
    const isMistake = items.length === 0 && !(mayBeEmpty && Array.isArray(raw))
    return !isMistake && items.every(isAllowed) ? items : undefined
  })
