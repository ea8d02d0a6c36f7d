// examples/moderated-server: a program that embeds the server and moderates by hooks.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { json } from 'node:stream/consumers'
import { expect, onTestFinished, test } from 'vitest'
import { expectTextsRelayed, RawClient } from './raw-client.ts'
import type { WatchedProcess } from './watched-process.ts'
import { watchProcess } from './watched-process.ts'

const script = join(import.meta.dirname, '../../examples/moderated-server/server.mjs')

/** Starts the example on a free port; resolves with its process and the URL that it prints. */
async function start(
  env: Readonly<Record<string, string>> = {},
): Promise<WatchedProcess & { readonly address: string }> {
  const child = spawn(process.execPath, [script], {
    env: { PORT: '0', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  const watched = watchProcess(child)
  const [, address = ''] = await watched.matches(/^Buddy is at (\S+)$/m)
  return { ...watched, address }
}

/** Starts a service that refuses the text `unkind`, fails for `trouble`, and allows every other text. */
async function startModerationService(): Promise<string> {
  const service = createServer((request, response) => {
    void json(request).then((body) => {
      const { text } = body as { text: string }
      response.statusCode = text === 'trouble' ? 500 : 200
      response.end(JSON.stringify({ allowed: text !== 'unkind' }))
    })
  }).listen(0, '127.0.0.1')
  onTestFinished(() => {
    service.close()
    service.closeAllConnections()
  })
  await once(service, 'listening')
  return `http://127.0.0.1:${(service.address() as AddressInfo).port}/`
}

// Each test starts a process, which takes long on a busy machine.
const options = { timeout: 20_000 }

test('drops an unwanted text and sends `refused` to its author', options, async () => {
  const { address: url } = await start({ MODERATION_URL: await startModerationService() })
  const [one, other] = await RawClient.pair(url)
  for (const text of ['win in the CASINO today', 'unkind']) {
    one.send({ type: 'text', text })
    expect(await one.receive('error')).toMatchObject({ code: 'refused' })
  }
  await expectTextsRelayed(one, other)
  expect(other.unread).not.toContain('text')
  one.send({ type: 'text', text: 'you Idiot' })
  expect(await other.receive('text')).toMatchObject({ text: 'you *****' })
})

test('replaces a reserved name, and refuses an unwanted origin', options, async () => {
  const { address: url } = await start()
  const admin = await RawClient.connect(url)
  admin.sendHello({ name: 'Admin of all' })
  expect(await admin.receive('welcome')).toMatchObject({ name: 'Guest' })
  const spammer = await RawClient.connect(url, { origin: 'https://spam.example' })
  expect(await spammer.errorCode()).toBe('refused')
  expect(await spammer.closed()).toEqual({ code: 4511, reason: 'refused' })
})

test('logs reports without names, and bans a user after three reports', options, async () => {
  const { address: url, matches, output, child, exited } = await start()
  const reported = await RawClient.connect(url)
  reported.sendHello({ name: 'Wilhelmina' })
  const { session } = await reported.receive('welcome')
  reported.enter()
  await reported.receive('waiting')
  for (const last of [false, false, true]) {
    const reporter = await RawClient.join(url, 'Theodora')
    reporter.enter()
    await Promise.all([reporter.receive('matched'), reported.receive('matched')])
    reporter.send({ type: 'report', reason: 'harassment', room: null })
    await reporter.settled()
    await reporter.leave()
    if (last) break
    await reported.receive('partner-left')
    reported.send({ type: 'next', offer: null })
    await reported.receive('waiting')
  }
  expect(await reported.errorCode()).toBe('banned')
  await matches(new RegExp(`^disconnected ${session} banned$`, 'm'))
  expect(output().match(new RegExp(`^report harassment about ${session}$`, 'gm'))).toHaveLength(3)
  child.kill('SIGTERM')
  expect(await exited).toBe(0)
  expect(output()).not.toMatch(/Wilhelmina|Theodora|127\.0\.0\.1/)
})

test(
  'sends `internal` to the author if the service fails, and disturbs no other text',
  options,
  async () => {
    const { address: url, writes } = await start({ MODERATION_URL: await startModerationService() })
    const [one, other] = await RawClient.pair(url, 'a')
    const neighbours = await RawClient.pair(url, 'b')
    one.send({ type: 'text', text: 'trouble' })
    expect(await one.errorCode()).toBe('internal')
    await writes('the moderation service answers 500')
    await expectTextsRelayed(...neighbours)
    await expectTextsRelayed(one, other)
    expect(other.unread).not.toContain('text')
  },
)
