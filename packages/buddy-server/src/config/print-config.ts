import { stringify } from 'yaml'
import type { OptionName } from './all-settings.ts'
import { settings } from './all-settings.ts'
import { fileKeyOf } from './key-names.ts'
import type { Config } from './read-config.ts'
import type { SiteOptions } from './site-settings.ts'
import { siteFileKeys } from './site-settings.ts'

const mask = '********'
const secretKeys = new Set(['secret', 'turn_secret', 'credential'])

function masked(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(masked)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, inner]) => inner !== undefined)
      .map(([key, inner]) => [key, secretKeys.has(key) ? mask : masked(inner)]),
  )
}

/**
 * Converts a time from milliseconds to seconds, the unit in configuration files. Returns every other value
 * unchanged.
 */
const inUnits = (name: string, value: unknown): unknown =>
  name.endsWith('Ms') && value !== undefined ? Number(value) / 1000 : value

/** Returns the value of an option in the form that it has in a configuration file. */
export const inFileForm = (name: OptionName, value: unknown): unknown =>
  name === 'sites' ? (value as readonly SiteOptions[]).map(inFileKeys) : inUnits(name, value)

const inFileKeys = (site: SiteOptions): object =>
  Object.fromEntries(
    siteFileKeys.map(([name, fileKey]) => [fileKey, inUnits(name, site[name])] as const),
  )

/**
 * Returns the configuration in the form of a configuration file. A comment on each key says where its
 * value comes from. Secrets are masked.
 */
export function printConfig({ options, process, origins }: Config): string {
  const values: Readonly<Record<string, unknown>> = { ...options, ...process }
  return Object.keys(settings)
    .map((name) => {
      const { key, isSecret } = settings[name as OptionName]
      const value = values[name]
      const isHidden = isSecret && typeof value === 'string' && value !== ''
      const shown = isHidden ? mask : masked(inFileForm(name as OptionName, value))
      const yaml = stringify({ [fileKeyOf(key)]: shown }).trimEnd()
      return yaml.replace(/$/m, `  # ${origins[name as OptionName]}`)
    })
    .join('\n')
}
