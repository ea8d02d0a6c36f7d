import type { WireValue } from './msgpack.ts'
import { ProtocolError } from './protocol-error.ts'
import { utf8Length, wellFormed } from './unicode.ts'

/**
 * How one field is encoded. `read` checks and converts a value that msgpack has decoded; `write` checks and
 * converts a value before msgpack encodes it. Both throw a ProtocolError `invalid-field` that names `path`.
 */
export interface Field<T> {
  read(raw: unknown, path: string): T
  write(value: T, path: string): WireValue
  /** Whether the field is left out of the frame if it and all later fields have no value. */
  readonly isOptional?: true
}

/** The type of a field's value. */
type ValueOf<F> = F extends Field<infer T> ? T : never

type OptionalKeys<S> = {
  [K in keyof S]: undefined extends ValueOf<S[K]> ? K : never
}[keyof S]

/** The type of an object with one value for each field in `S`. Those of `optional` fields may be missing. */
export type ValuesOf<S> = {
  readonly [K in Exclude<keyof S, OptionalKeys<S>>]: ValueOf<S[K]>
} & { readonly [K in OptionalKeys<S>]?: ValueOf<S[K]> }

function invalid(path: string, expected: string): never {
  throw new ProtocolError('invalid-field', `${path} must be ${expected}`)
}

/** A field whose value has the same form in memory and on the wire. */
function symmetric<T extends WireValue>(check: (value: unknown, path: string) => T): Field<T> {
  return { read: check, write: check }
}

/**
 * A string of `minBytes` to `maxBytes` bytes of UTF-8. `write` replaces lone surrogates, which UTF-8 cannot
 * encode. `read` does not have to, because `checkStructure` refuses strings that are not valid UTF-8.
 */
export function string(maxBytes: number, minBytes = 0): Field<string> {
  const check = (value: unknown, path: string): string => {
    if (typeof value !== 'string') invalid(path, 'a string')
    // A UTF-16 unit takes at most three bytes of UTF-8, so the bytes of most strings need not be counted.
    const isShort = value.length * 3 <= maxBytes && value.length >= minBytes
    if (!isShort) {
      const bytes = utf8Length(value)
      if (bytes < minBytes || bytes > maxBytes) {
        invalid(path, `a string of ${minBytes} to ${maxBytes} bytes of UTF-8`)
      }
    }
    return value
  }
  return { read: check, write: (value, path) => wellFormed(check(value, path)) }
}

/** An unsigned integer up to `max`. */
export function uint(max = 0xffff_ffff): Field<number> {
  return symmetric((value, path) => {
    if (typeof value !== 'number' || !Number.isInteger(value) || value < 0 || value > max) {
      invalid(path, `an integer from 0 to ${max}`)
    }
    return value
  })
}

export const boolean: Field<boolean> = symmetric((value, path) =>
  typeof value === 'boolean' ? value : invalid(path, 'true or false'),
)

/** A field that may be nil. `read` returns null for nil, and if the field is missing at a message's end. */
export function nullable<T>(field: Field<T>): Field<T | null> {
  return {
    read: (raw, path) => (raw === null || raw === undefined ? null : field.read(raw, path)),
    write: (value, path) => (value === null ? null : field.write(value, path)),
  }
}

/**
 * A field that a later version has added at the end of a message or of a tuple. It may be nil, and is left out
 * if it has no value. `read` returns undefined for nil, and for a missing field.
 */
export function optional<T>(field: Field<T>): Field<T | null | undefined> {
  const { read, write } = nullable(field)
  return {
    read: (raw, path) => read(raw, path) ?? undefined,
    write: (value, path) => write(value ?? null, path),
    isOptional: true,
  }
}

/** An array of at most `maxItems` values, each encoded like `field`. */
export function list<T>(field: Field<T>, maxItems: number): Field<readonly T[]> {
  const each = <From, To>(value: unknown, path: string, step: (item: From, at: string) => To) => {
    if (!Array.isArray(value)) invalid(path, 'an array')
    if (value.length > maxItems) invalid(path, `an array of at most ${maxItems}`)
    return value.map((item: From, index) => step(item, `${path}[${index}]`))
  }
  return {
    read: (raw, path) => each(raw, path, field.read),
    write: (value, path) => each(value, path, field.write),
  }
}

/**
 * One of a set of names, encoded as its number. For an unknown number `read` returns `fallback`, if there
 * is one, so that the set can grow within a version of the protocol.
 */
export function oneOf<const T extends Readonly<Record<string, number>>>(
  numbers: T,
  fallback?: keyof T & string,
): Field<keyof T & string> {
  const names = new Map(Object.entries(numbers).map(([name, value]) => [value as unknown, name]))
  const expected = `one of ${Object.values(numbers).join(', ')}`
  return {
    read: (raw, path) =>
      names.get(raw) ?? (typeof raw === 'number' ? fallback : undefined) ?? invalid(path, expected),
    write: (value, path) => numbers[value] ?? invalid(path, expected),
  }
}

/**
 * An object, encoded as an array of its fields in the given order. `read` ignores elements after the last
 * field.
 */
export function tuple<S extends Readonly<Record<string, Field<unknown>>>>(
  fields: S,
): Field<ValuesOf<S>> {
  const entries = Object.entries<Field<unknown>>(fields)
  return {
    read: (raw, path) => {
      if (!Array.isArray(raw)) invalid(path, 'an array')
      return Object.fromEntries(
        entries.map(([name, field], index) => [name, field.read(raw[index], `${path}.${name}`)]),
      ) as ValuesOf<S>
    },
    write: (value, path) => {
      const written = entries.map(([name, field]) =>
        field.write((value as Record<string, unknown>)[name], `${path}.${name}`),
      )
      while (written.at(-1) === null && entries[written.length - 1]?.[1].isOptional) written.pop()
      return written
    },
  }
}
