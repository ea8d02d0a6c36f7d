import type { ValueSchema } from './value-schemas.ts'

/** One setting. Its three names come from `key`: `MAX_ROOMS`, `--max-rooms`, `max_rooms`. */
export interface Setting<T> {
  /** The environment variable. */
  readonly key: string
  readonly schema: ValueSchema<T>
  /** In the option's unit. */
  readonly defaultValue: T
  /** What it does, for the reference page and `--help`. */
  readonly description: string
  /** Never printed. */
  readonly isSecret?: true
  /** SIGHUP takes a new value; what lacks this needs a restart. */
  readonly isReloadable?: true
  /** Empty text is a value of its own, not "unset". */
  readonly acceptsEmpty?: true
}

/** Returns `definition`; makes TypeScript infer the type of its value. */
export function setting<T>(definition: Setting<T>): Setting<T> {
  return definition
}

type Flat<G> = { [K in keyof G]: (x: G[K]) => void }[keyof G] extends (x: infer I) => void
  ? I
  : never
/** The options of groups of settings, by name, each with the type of its value. */
export type OptionsOf<G> = {
  readonly [K in keyof Flat<G>]: Flat<G>[K] extends Setting<infer T> ? T : never
}

/** A default as an operator would write it; empty where there is none. */
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
