import { stringify } from 'yaml'
import type { Config, OptionName } from './read-config.ts'
import { settings } from './settings.ts'
import { fileKeyOf } from './sources.ts'

const mask = '********'
const secretKeys = new Set(['secret', 'turnSecret', 'credential'])

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
 * The configuration as it will be used, a line or block for each key with where it comes from.
 * Secrets are masked.
 */
export function printConfig({ options, process, origins }: Config): string {
  const values: Readonly<Record<string, unknown>> = { ...options, ...process }
  return Object.keys(settings)
    .map((name) => {
      const { key, isSecret } = settings[name as OptionName]
      const value = values[name]
      const isHidden = isSecret && typeof value === 'string' && value !== ''
      const inUnits = key.endsWith('_SECONDS') || name.endsWith('Ms') ? Number(value) / 1000 : value
      const yaml = stringify({ [fileKeyOf(key)]: isHidden ? mask : masked(inUnits) }).trimEnd()
      return yaml.replace(/$/m, `  # ${origins[name as OptionName]}`)
    })
    .join('\n')
}
