// The manifests in deploy/kubernetes/ agree with the settings of the server and with each other.
import { spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { parse, parseAllDocuments } from 'yaml'
import { settings } from '../../packages/buddy-server/src/config/all-settings.ts'
import { variableOf } from '../../packages/buddy-server/src/config/key-names.ts'
import { readConfig } from '../../packages/buddy-server/src/config/read-config.ts'
import { deployFolder, readDeployed, readVariables } from './compose-settings.ts'

const folder = join(deployFolder, 'kubernetes')
const base = join(folder, 'base')
/** A manifest, whose fields the tests compare. */
type Manifest = ReturnType<typeof parse>
const readManifest = (name: string): Manifest => parse(readFileSync(join(base, name), 'utf8'))

const deployment = readManifest('deployment.yaml')
const pod = deployment['spec'].template.spec
const [container] = pod.containers
const values = readVariables(readDeployed('kubernetes/base/settings.env'))
const secrets = readVariables(readDeployed('kubernetes/base/secrets.env.example'))

test('names only variables that the server knows, and gives it a valid configuration', () => {
  const known = Object.values(settings).map(({ key }) => variableOf(key))
  expect(known).toEqual(expect.arrayContaining([...Object.keys(values), ...Object.keys(secrets)]))
  const key = '6f1d0c7ab95e4832b0d4c7fae6195327'
  const filled = { ...secrets, SECRET_KEY: key, ADMIN_TOKEN: key, TURN_SECRET: key }
  const { options } = readConfig({ environment: { ...values, ...filled }, flags: {} })
  expect(options).toMatchObject({ trustedProxyHops: 1, maxUsers: 5000 })
})

test('a pod has more time to stop than preStop, draining and webhooks take', () => {
  const [, preStopSeconds] = container.lifecycle.preStop.exec.command
  expect(pod.terminationGracePeriodSeconds).toBeGreaterThan(
    Number(preStopSeconds) + Number(values['SHUTDOWN_TIMEOUT_SECONDS']) + 2,
  )
})

test('a pod that is not ready gets no connections, and only one that does not answer is restarted', () => {
  expect(container.readinessProbe.httpGet.path).toBe('/readyz')
  expect(container.livenessProbe.httpGet.path).toBe('/healthz')
  expect(readManifest('service.yaml')['spec'].sessionAffinity).toBe('None')
})

test('a pod runs without root, rights and a writable file system', () => {
  expect(pod.securityContext).toMatchObject({
    runAsNonRoot: true,
    seccompProfile: { type: 'RuntimeDefault' },
  })
  expect(container.securityContext).toEqual({
    allowPrivilegeEscalation: false,
    readOnlyRootFilesystem: true,
    capabilities: { drop: ['ALL'] },
  })
})

test('contains no secret', () => {
  const { REDIS_URL, ...others } = secrets
  expect(Object.values(others)).toEqual(['', '', ''])
  expect(REDIS_URL).toContain('user:password@')
})

const isMissing = spawnSync('kubectl', ['version', '--client'], { stdio: 'ignore' }).status !== 0
if (isMissing) console.log('Skipped: kubectl kustomize. This machine has no kubectl.')

test.skipIf(isMissing).for(['base', 'custom-metrics'])('kubectl renders %s', (name) => {
  const copy = mkdtempSync(join(tmpdir(), 'buddy-kubernetes-'))
  onTestFinished(() => rmSync(copy, { recursive: true }))
  cpSync(folder, copy, { recursive: true })
  cpSync(join(copy, 'base/secrets.env.example'), join(copy, 'base/secrets.env'))
  const { status, stdout, stderr } = spawnSync('kubectl', ['kustomize', join(copy, name)], {
    encoding: 'utf8',
  })
  expect([status, stderr]).toEqual([0, ''])
  const rendered = parseAllDocuments(stdout).map((each) => each.toJSON() as Manifest)
  const kinds = rendered.map(({ kind }) => kind as string)
  expect(new Set(kinds).size).toBe(9)
  const scaler = rendered.find(({ kind }) => kind === 'HorizontalPodAutoscaler')!
  expect(scaler['spec'].metrics).toHaveLength(name === 'base' ? 1 : 3)
  const labels = rendered.find(({ kind }) => kind === 'Deployment')!['spec'].selector.matchLabels
  for (const kind of ['Service', 'PodDisruptionBudget', 'NetworkPolicy']) {
    const { spec } = rendered.find((each) => each['kind'] === kind)!
    const selector = spec.selector?.matchLabels ?? spec.selector ?? spec.podSelector.matchLabels
    expect(selector, kind).toEqual(labels)
  }
  const policy = rendered.find(({ kind }) => kind === 'NetworkPolicy')!
  expect(policy.spec.egress[0].to[0].podSelector.matchLabels).toEqual({ 'k8s-app': 'kube-dns' })
})
