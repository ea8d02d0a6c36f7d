import type { ValueSchema } from './value-schemas.ts'

/**
 * The definition of one setting. Its variable, flag and file key are derived from `key`; see `key-names.ts`.
 */
export interface Setting<T> {
  /** The name of the environment variable. */
  readonly key: string
  readonly schema: ValueSchema<T>
  /** The default, in the unit of the option. Times are in milliseconds. */
  readonly defaultValue: T
  /** What the setting does, for `docs/configuration.md` and `--help`. */
  readonly description: string
  /** Set if the value must never be printed. */
  readonly isSecret?: true
  /** Set if SIGHUP applies a new value. Otherwise a new value needs a restart. */
  readonly isReloadable?: true
  /** Set if an empty text is a value. Otherwise an empty text counts as not set. */
  readonly acceptsEmpty?: true
}

/**
 * Returns `definition` unchanged. This function exists so that TypeScript infers the type of the value from
 * the schema.
 */
export function setting<T>(definition: Setting<T>): Setting<T> {
  return definition
}

type Flat<G> = { [K in keyof G]: (x: G[K]) => void }[keyof G] extends (x: infer I) => void
  ? I
  : never

/**
 * The type of the options that groups of settings define. It contains the name of each option with the type
 * of its value.
 */
export type OptionsOf<G> = {
  readonly [K in keyof Flat<G>]: Flat<G>[K] extends Setting<infer T> ? T : never
}

/** Returns the default value as an operator writes it. Empty if there is none. */
export function defaultText(option: string, { defaultValue }: Setting<unknown>): string {
  if (Array.isArray(defaultValue)) {
    return defaultValue
      .map((item: unknown) =>
        typeof item === 'object' ? (item as { urls: string[] }).urls.join(',') : String(item),
      )
      .join(',')
  }
  return option.endsWith('Ms') ? String(Number(defaultValue) / 1000) : String(defaultValue)
}
