// A new user installs the packages from a registry, with npm.
import { expect, test } from 'vitest'
import { newProject } from './new-project.ts'

test('npm installs the element with one command, and Node imports it', async () => {
  const { run, registry } = await newProject()
  const installed = await run('npm', 'install', '@buddy-chat/element')
  expect([installed.code, installed.output]).toEqual([0, expect.not.stringContaining('WARN')])
  expect(registry.requests).toEqual(expect.arrayContaining(['/@buddy-chat/element', '/lit']))
  const script = `console.log(typeof (await import('@buddy-chat/element')).BuddyChat)`
  const imported = await run('node', '--input-type=module', '--eval', script)
  expect(imported).toEqual({ code: 0, stdout: 'function\n', output: 'function\n' })
})
