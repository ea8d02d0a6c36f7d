import { randomUUID } from 'node:crypto'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { stringify } from 'yaml'
import { ConfigError } from './config-error.ts'
import type { Config, ConfigInput } from './read-config.ts'
import { readConfig } from './read-config.ts'

/** A folder for configuration files. */
export const folder = join(tmpdir(), `buddy-config-${randomUUID()}`)

/** Deletes the configuration files. Call this after the tests of a file. */
export const deleteFiles = (): void => rmSync(folder, { recursive: true, force: true })

let files = 0
/** Writes a configuration file and returns its path. An object is written as YAML. */
export function file(content: string | object, extension = 'yaml'): string {
  mkdirSync(folder, { recursive: true })
  const path = join(folder, `config-${++files}.${extension}`)
  writeFileSync(path, typeof content === 'string' ? content : stringify(content))
  return path
}

/** A text that is accepted as a secret. */
export const secret = 'hzYd_dQ3Vb4mZ0pXK2sLwN8tR6yUjE1c'
/** The settings that are required without `--dev`. */
export const needed = { SECRET_KEY: secret, ALLOWED_ORIGINS: 'https://chat.example' }

/** Reads a configuration with the required settings, and these variables and flags. */
export const read = (environment: Record<string, string> = {}, more: ConfigInput = {}): Config =>
  readConfig({ environment: { ...needed, ...environment }, ...more })

/** Returns the lines of the ConfigError that `act` throws. */
export function mistakes(act: () => unknown): string[] {
  try {
    act()
  } catch (error) {
    if (error instanceof ConfigError) return error.message.split('\n')
    throw error
  }
  throw new Error('no ConfigError was thrown')
}

/** A site in a configuration file. */
export const site = { key: 'forum', allowed_origins: ['https://forum.example'] }
/** {@link site} after reading. */
export const readSite = {
  key: 'forum',
  allowedOrigins: ['https://forum.example'],
  isTextAllowed: true,
  isVideoAllowed: true,
}
