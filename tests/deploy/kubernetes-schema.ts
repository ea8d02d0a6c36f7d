// Checks manifests against the API of Kubernetes: the schemas and types that kubernetes-models generates from its
// OpenAPI description. The schemas allow unknown fields, as the API does by default. The types do not.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A manifest, as it is in its file. */
export interface Manifest {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: { readonly name: string }
}

interface Model {
  validate(): void
}

const root = join(import.meta.dirname, '../..')
const moduleOf = ({ apiVersion, kind }: Manifest): string =>
  `kubernetes-models/${apiVersion}/${kind}`

/** Returns what is wrong with the values of manifests, and which required fields are missing. */
async function wrongValues(manifests: readonly Manifest[]): Promise<readonly string[]> {
  const faults = await Promise.all(
    manifests.map(async (manifest) => {
      const models = (await import(moduleOf(manifest))) as Readonly<
        Record<string, new (data: Manifest) => Model>
      >
      try {
        new models[manifest.kind]!(manifest).validate()
        return []
      } catch (error) {
        return [`${manifest.kind}: ${(error as Error).message}`]
      }
    }),
  )
  return faults.flat()
}

/** Returns the fields of manifests that the API does not know, or that have another type. */
function unknownFields(manifests: readonly Manifest[]): readonly string[] {
  const folder = mkdtempSync(join(tmpdir(), 'buddy-manifests-'))
  try {
    symlinkSync(join(root, 'tests/node_modules'), join(folder, 'node_modules'))
    const source = manifests.map(
      (manifest, index) =>
        `import type { I${manifest.kind} as Kind${index} } from '${moduleOf(manifest)}'\n` +
        `export const manifest${index}: Kind${index} = ${JSON.stringify(manifest, undefined, 2)}\n`,
    )
    writeFileSync(join(folder, 'manifests.ts'), source.join('\n'))
    const options = ['--noEmit', '--strict', '--skipLibCheck', '--module', 'nodenext']
    const { status, stdout, stderr } = spawnSync(
      join(root, 'node_modules/.bin/tsc'),
      [...options, '--types', '', '--pretty', 'false', join(folder, 'manifests.ts')],
      { encoding: 'utf8', cwd: folder },
    )
    if (status === 0) return []
    return [stdout, stderr].flatMap((text) => text.split('\n')).filter((line) => line !== '')
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** Returns everything that is wrong with manifests. */
export async function faultsOf(manifests: readonly Manifest[]): Promise<readonly string[]> {
  return [...(await wrongValues(manifests)), ...unknownFields(manifests)]
}
