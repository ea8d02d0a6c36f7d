// `npm run dev` in a copy of the workspace, whose sources the test changes.
import { expect } from 'vitest'
import { startDevelopment } from '../development-process.ts'
import { test } from './fixtures.ts'
import { meet } from './visitor.ts'

test('npm run dev: two visitors meet; their call survives a change of the server; changes of a style sheet and of the element arrive', async ({
  visit,
}) => {
  const development = startDevelopment('--port=0')
  const url = await development.url()
  const [ana, bob] = await Promise.all([visit(`${url}/?name=Ana`), visit(`${url}/?name=Bob`)])
  const both = [ana, bob]
  await meet(ana, bob)
  await Promise.all(both.map((visitor) => visitor.waitForMedia()))

  development.edit(
    'buddy-server/src/operations/http/routes.ts',
    "{ status: 'healthy' }",
    "{ status: 'changed' }",
  )
  await development.writes('The server has restarted')
  expect(await (await fetch(`${url}/healthz`)).json()).toEqual({ status: 'changed' })
  await ana.type('text-input', 'Hello through the new server')
  await ana.press('send-button')
  await bob.waitForText('Hello through the new server')

  development.edit('buddy-server/pages/demo/demo.css', 'background: #0e0f16', 'background: #010203')
  await ana.page.waitForFunction(
    () => getComputedStyle(document.body).backgroundColor === 'rgb(1, 2, 3)',
    { polling: 50 },
  )
  // Neither change has ended the call.
  await Promise.all(both.map((visitor) => visitor.waitForMedia()))
  expect((await ana.record()).events).toEqual([{ name: 'match', about: 'Bob' }])
  expect((await bob.record()).events).toEqual([{ name: 'match', about: 'Ana' }])

  const reload = ana.page.waitForNavigation()
  development.edit('buddy-element/src/words/english.ts', "start: 'Start'", "start: 'Begin'")
  await reload
  await ana.waitForText('Begin')
  expect([...ana.errors, ...bob.errors]).toEqual([])

  await ana.page.goto(`${url}/dashboard`)
  await ana.page.waitForSelector('body[data-connection="live"]')

  development.child.kill('SIGINT')
  // Its children have the same output, which is closed when the last process has ended.
  expect(await development.exited).toBe(0)
})
