// Reads deploy/compose.yaml as Docker Compose does: with the variables of a .env file.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'

/** The folder with the files for operators. */
export const deployFolder = join(import.meta.dirname, '../../deploy')

/** Returns the text of a file in that folder. */
export const readDeployed = (name: string): string => readFileSync(join(deployFolder, name), 'utf8')

/** A service of the compose file, with the fields that the tests read. */
interface Service {
  readonly image: string
  readonly user?: string
  readonly restart: string
  readonly read_only: boolean
  readonly cap_drop: readonly string[]
  readonly cap_add?: readonly string[]
  readonly security_opt: readonly string[]
  readonly mem_limit: string
  readonly pids_limit: number
  readonly logging: { readonly options: object }
  readonly network_mode?: string
  readonly networks?: readonly string[] | Readonly<Record<string, { ipv4_address?: string }>>
  readonly ports?: readonly string[]
  readonly volumes?: readonly string[]
  readonly environment?: Readonly<Record<string, string>>
  readonly entrypoint?: readonly string[]
  readonly command?: readonly string[]
  readonly stop_grace_period?: string
}

/** The compose file, with the fields that the tests read. */
export interface ComposeFile {
  readonly services: Readonly<Record<string, Service>>
  readonly networks: Readonly<
    Record<string, { ipam?: { config: readonly { subnet: string; ip_range: string }[] } }>
  >
  readonly volumes: Readonly<Record<string, unknown>>
}

/** Returns the variables of a .env file. */
export function readVariables(text: string): Readonly<Record<string, string>> {
  return Object.fromEntries(
    [...text.matchAll(/^([A-Z_]+)=(.*)$/gm)].map(([, name = '', value = '']) => [name, value]),
  )
}

/** A reference to a variable: `${NAME}`, or `${NAME:?message}`, which is an error if the variable is empty. */
const reference = /\$\{([A-Z_]+)(:\?[^}]*)?\}/g

/** Returns the names of the variables that the text of a compose file refers to. */
export const referencesIn = (text: string): readonly string[] => [
  ...new Set([...text.matchAll(reference)].map(([, name = '']) => name)),
]

/**
 * Returns a compose file with the values of variables in their places.
 * @throws Error if a required variable is empty, or if the text has a `$` in another form
 */
export function readComposeFile(
  text: string,
  variables: Readonly<Record<string, string>>,
): ComposeFile {
  const filledIn = text.replace(reference, (_, name: string, required?: string) => {
    const value = variables[name] ?? ''
    if (required && !value) throw new Error(`required variable ${name} is missing a value`)
    return value
  })
  if (filledIn.includes('$')) throw new Error('a $ that is no variable')
  return parse(filledIn, { merge: true }) as ComposeFile
}
