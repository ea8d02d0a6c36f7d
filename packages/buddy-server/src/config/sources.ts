import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { LineCounter, parseDocument } from 'yaml'
import { ConfigError } from './config-error.ts'
import { fileKeyOf, flagOf, variableOf } from './key-names.ts'

/** A source of settings: flags, environment variables or a configuration file. */
export interface ConfigSource {
  /** Returns the raw value of a setting. Undefined if this source has none. */
  get(key: string): unknown
  /** Returns the key as this source spells it. */
  spell(key: string): string
  /** Returns where a value comes from, for `print-config`. */
  origin(key: string): string
}

/** Creates a source of flags, which are given by their long names without the dashes. */
export function flagSource(
  flags: Readonly<Record<string, string | boolean | undefined>>,
): ConfigSource {
  const spell = (key: string): string => `--${flagOf(key)}`
  return { get: (key) => flags[flagOf(key)], spell, origin: spell }
}

/** Creates a source of environment variables. */
export function environmentSource(
  environment: Readonly<Record<string, string | undefined>>,
): ConfigSource {
  return {
    get: (key) => environment[variableOf(key)],
    spell: variableOf,
    origin: () => 'environment',
  }
}

/**
 * Reads a configuration file in YAML. JSON is a subset of YAML.
 * @throws ConfigError if the file cannot be read, or is not a mapping of settings. The message quotes no
 *   line of the file, because lines may contain secrets.
 */
export function fileSource(
  path: string,
): ConfigSource & { readonly keys: readonly string[]; readonly label: string } {
  const label = basename(path)
  const fail = (what: string): never => {
    throw new ConfigError(`the configuration file ${path} ${what}`)
  }
  const content = parseFile(path, fail)
  if (typeof content !== 'object' || content === null || Array.isArray(content)) {
    return fail('must be a list of "key: value"')
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

const unreadable: Readonly<Record<string, string>> = {
  ENOENT: 'it does not exist',
  EACCES: 'the user of this process may not read it',
  EISDIR: 'it is a folder',
}

function parseFile(path: string, fail: (what: string) => never): unknown {
  let text
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    const { code = '', message } = error as NodeJS.ErrnoException
    return fail(`cannot be read: ${unreadable[code] ?? message}`)
  }
  const lineCounter = new LineCounter()
  // Pretty errors are switched off, because they quote lines of the file.
  const document = parseDocument(text, { lineCounter, prettyErrors: false })
  const [mistake] = [...document.errors, ...document.warnings]
  if (mistake) {
    const { line, col } = lineCounter.linePos(mistake.pos[0])
    const what = mistake.code.toLowerCase().replaceAll('_', ' ')
    return fail(`cannot be read: line ${line}, column ${col}: ${what}`)
  }
  try {
    return document.toJS() ?? {}
  } catch {
    return fail('cannot be read: its aliases cannot be resolved')
  }
}
