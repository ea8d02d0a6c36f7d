// Every package can be imported in Node, because pages are also rendered on servers.
import { spawnSync } from 'node:child_process'
import { expect, test } from 'vitest'

test.for([
  ['@buddy-chat/protocol', 'encode'],
  ['@buddy-chat/client', 'BuddyClient'],
  ['@buddy-chat/element', 'BuddyChat'],
  ['@buddy-chat/element/define', 'BuddyChat'],
  ['@buddy-chat/element/element', 'BuddyChat'],
  ['@buddy-chat/server', 'createBuddyServer'],
])('%s can be imported in Node, and does not keep the process running', ([name, wanted]) => {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ['--input-type=module', '--eval', `console.log(typeof (await import('${name}')).${wanted})`],
    { cwd: import.meta.dirname, encoding: 'utf8', timeout: 10_000 },
  )
  expect([stdout.trim(), stderr, status]).toEqual(['function', '', 0])
})

test('a client can be created in Node, because it uses no browser API before start()', () => {
  const script = `
    const { BuddyClient } = await import('@buddy-chat/client')
    const client = new BuddyClient({ server: 'https://chat.example' })
    client.on('state', () => {})
    console.log(client.state)`
  const { stdout, stderr } = spawnSync(
    process.execPath,
    ['--input-type=module', '--eval', script],
    {
      cwd: import.meta.dirname,
      encoding: 'utf8',
      timeout: 10_000,
    },
  )
  expect([stdout.trim(), stderr]).toEqual(['idle', ''])
})
