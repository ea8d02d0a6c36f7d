import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { parse } from 'yaml'

/** One place settings come from. */
export interface ConfigSource {
  /** The raw value of a setting by its key; undefined where this source has none. */
  get(key: string): unknown
  /** How this source spells the key. */
  spell(key: string): string
  /** Where a value of this source stands, for people. */
  origin(key: string): string
}

/** A setting's flag without the dashes: `max-rooms`. */
export const flagOf = (key: string): string => key.toLowerCase().replaceAll('_', '-')

/** A setting's key in a file: `max_rooms`. */
export const fileKeyOf = (key: string): string => key.toLowerCase()

/** Flags, by their long name without the dashes. */
export function flagSource(
  flags: Readonly<Record<string, string | boolean | undefined>>,
): ConfigSource {
  const spell = (key: string): string => `--${flagOf(key)}`
  return { get: (key) => flags[flagOf(key)], spell, origin: spell }
}

/** Environment variables. */
export function environmentSource(
  environment: Readonly<Record<string, string | undefined>>,
): ConfigSource {
  return { get: (key) => environment[key], spell: (key) => key, origin: () => 'environment' }
}

/**
 * A file of settings, YAML or JSON (which YAML contains).
 * @throws `Mistake` where it cannot be read or is not a mapping of settings
 */
export function fileSource(
  path: string,
  Mistake: new (message: string) => Error,
): ConfigSource & { readonly keys: readonly string[]; readonly label: string } {
  const label = basename(path)
  let content: unknown
  try {
    content = parse(readFileSync(path, 'utf8')) ?? {}
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    throw new Mistake(
      `the configuration file ${path} cannot be read: ${code === 'ENOENT' ? 'there is none' : message}`,
    )
  }
  if (typeof content !== 'object' || content === null || Array.isArray(content)) {
    throw new Mistake(`the configuration file ${path} must be a list of "key: value"`)
  }
  const values = content as Readonly<Record<string, unknown>>
  return {
    get: (key) => (Object.hasOwn(values, fileKeyOf(key)) ? values[fileKeyOf(key)] : undefined),
    spell: fileKeyOf,
    origin: () => label,
    keys: Object.keys(values),
    label,
  }
}
