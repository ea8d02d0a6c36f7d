// Each manifest in deploy/kubernetes/ fits the schema of its kind, without fields that the schema does not know.
import { readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { Ajv } from 'ajv'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { deployFolder } from './compose-settings.ts'
import type { Manifest } from './kubernetes-schema.ts'
import { faultsOf } from './kubernetes-schema.ts'

const folder = join(deployFolder, 'kubernetes')
const texts = new Map<string, string>(
  ['base', 'custom-metrics'].flatMap((part) =>
    readdirSync(join(folder, part))
      .filter((name) => name.endsWith('.yaml'))
      .map((name) => [`${part}/${name}`, readFileSync(join(folder, part, name), 'utf8')] as const),
  ),
)
const read = (name: string): Manifest & { readonly spec: object } => parse(texts.get(name)!)

const patch = 'custom-metrics/autoscaler.yaml'
const manifests = [...texts.keys()]
  .filter((name) => !name.endsWith('kustomization.yaml') && name !== patch)
  .map(read)
// Kustomize replaces the fields of the base by those of the patch.
const base = read('base/autoscaler.yaml')
const scaler = { ...base, ...read(patch), spec: { ...base.spec, ...read(patch).spec } }

const schemas = dirname(createRequire(import.meta.url).resolve('schemastore/package.json'))
// Its draft of JSON Schema is older than ajv, which does not matter for the keywords that it uses.
const { $schema: _, ...kustomizationSchema } = JSON.parse(
  readFileSync(join(schemas, 'schemas/json/kustomization.json'), 'utf8'),
) as Readonly<Record<string, unknown>>
const kustomization = new Ajv({ strict: false, validateFormats: false }).compile(
  kustomizationSchema,
)

test('all manifests fit the schemas', async () => {
  expect(manifests.map(({ kind }) => kind).toSorted()).toEqual(
    [
      'Deployment',
      'HorizontalPodAutoscaler',
      'Ingress',
      'Namespace',
      'NetworkPolicy',
      'PodDisruptionBudget',
      'Service',
    ].toSorted(),
  )
  expect(await faultsOf([...manifests, scaler])).toEqual([])
})

test('a misspelt field, a value of another type, an unknown name and a missing field are found', async () => {
  const changed = (name: string, is: string, becomes: string): Manifest => {
    expect(texts.get(name)).toContain(is)
    return parse(texts.get(name)!.replace(is, becomes))
  }
  const faults = await faultsOf([
    changed('base/deployment.yaml', 'readOnlyRootFilesystem', 'readOnlyRootFileSystem'),
    changed('base/deployment.yaml', 'periodSeconds: 2', 'periodSeconds: often'),
    changed('base/network-policy.yaml', 'policyTypes', 'policyType'),
    changed('base/ingress.yaml', 'pathType: Prefix', 'pathTyp: Prefix'),
    changed('base/disruption-budget.yaml', 'maxUnavailable: 1', 'maxUnavailable: [1]'),
  ])
  const all = faults.join('\n')
  for (const fault of [
    /"readOnlyRootFileSystem"' does not exist in type 'ISecurityContext'/,
    /readinessProbe.periodSeconds must be integer/,
    /"policyType"' does not exist in type 'INetworkPolicySpec'/,
    /Ingress: .* must have required property pathType/,
    /PodDisruptionBudget: .*maxUnavailable must be/,
  ]) {
    expect(all).toMatch(fault)
  }
})

test.for(['base', 'custom-metrics'])('the kustomization of %s fits its schema', (part) => {
  const name = `${part}/kustomization.yaml`
  expect(kustomization(read(name)) || kustomization.errors).toBe(true)
  const misspelt = texts.get(name)!.replace('resources:', 'resource:')
  expect(kustomization(parse(misspelt))).toBe(false)
})
