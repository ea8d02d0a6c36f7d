// examples/moderated-server: a program of its own whose hooks have a say, over real sockets.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { json } from 'node:stream/consumers'
import { expect, onTestFinished, test } from 'vitest'
import { expectTextsRelayed, RawClient } from './raw-client.ts'

const script = join(import.meta.dirname, '../../examples/moderated-server/server.mjs')

interface Program {
  readonly url: string
  /** Resolves to the match once something like `pattern` is written on one of the streams. */
  readonly writes: (pattern: RegExp) => Promise<RegExpExecArray>
  readonly output: () => string
  readonly terminate: () => void
  readonly exited: Promise<unknown[]>
}

async function start(env: Readonly<Record<string, string>> = {}): Promise<Program> {
  const child = spawn(process.execPath, [script], {
    env: { PORT: '0', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  let output = ''
  const waiting = new Set<() => void>()
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      output += chunk.toString()
      for (const look of waiting) look()
    })
  }
  const exited = once(child, 'close')
  const ended = exited.then(() => Promise.reject(new Error(`it ended instead: ${output}`)))
  ended.catch(() => undefined)
  const writes = (pattern: RegExp): Promise<RegExpExecArray> => {
    const written = new Promise<RegExpExecArray>((resolve) => {
      const look = (): void => {
        const found = pattern.exec(output)
        if (!found) return
        waiting.delete(look)
        resolve(found)
      }
      waiting.add(look)
      look()
    })
    return Promise.race([written, ended])
  }
  const [, url = ''] = await writes(/^Buddy is at (\S+)$/m)
  return {
    url,
    writes,
    output: () => output,
    terminate: () => void child.kill('SIGTERM'),
    exited,
  }
}

/** A service that allows all but `unkind`, and fails at `trouble`. */
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

// A process has to start for each, on a machine that may be busy.
const options = { timeout: 20_000 }

test('a line it does not want is held back, and its author told so', options, async () => {
  const { url } = await start({ MODERATION_URL: await startModerationService() })
  const [one, other] = await RawClient.pair(url)
  for (const text of ['win in the CASINO today', 'unkind']) {
    one.send({ type: 'text', text })
    expect(await one.receive('error')).toMatchObject({ code: 'refused' })
  }
  await expectTextsRelayed(one, other)
  expect(other.unread).not.toContain('text')
})

test(
  'who takes a reserved name gets another, and a refused site gets nowhere',
  options,
  async () => {
    const { url } = await start()
    const admin = await RawClient.connect(url)
    admin.sendHello({ name: 'Admin of all' })
    expect(await admin.receive('welcome')).toMatchObject({ name: 'Guest' })
    const spammer = await RawClient.connect(url, { origin: 'https://spam.example' })
    expect(await spammer.errorCode()).toBe('refused')
    expect(await spammer.closed()).toEqual({ code: 4511, reason: 'refused' })
  },
)

test('reports are logged, without names; three of them shut out', options, async () => {
  const { url, writes, output, terminate, exited } = await start()
  const creep = await RawClient.connect(url)
  creep.sendHello({ name: 'Wilhelmina' })
  const { session } = await creep.receive('welcome')
  creep.enter()
  await creep.receive('waiting')
  for (const last of [false, false, true]) {
    const person = await RawClient.join(url, 'Theodora')
    person.enter()
    await Promise.all([person.receive('matched'), creep.receive('matched')])
    person.send({ type: 'report', reason: 'harassment', room: null })
    await person.settled()
    await person.leave()
    if (last) break
    await creep.receive('partner-left')
    creep.send({ type: 'next', offer: null })
    await creep.receive('waiting')
  }
  expect(await creep.errorCode()).toBe('banned')
  await writes(new RegExp(`^disconnected ${session} banned$`, 'm'))
  expect(output().match(new RegExp(`^report harassment about ${session}$`, 'gm'))).toHaveLength(3)
  terminate()
  expect(await exited).toEqual([0, null])
  expect(output()).not.toMatch(/Wilhelmina|Theodora|127\.0\.0\.1/)
})

test(
  'a hook that fails hurts nobody else: neighbours go on, and so do the two',
  options,
  async () => {
    const { url, writes } = await start({ MODERATION_URL: await startModerationService() })
    const [one, other] = await RawClient.pair(url, 'a')
    const neighbours = await RawClient.pair(url, 'b')
    one.send({ type: 'text', text: 'trouble' })
    expect(await one.errorCode()).toBe('internal')
    await writes(/the moderation service answers 500/)
    await expectTextsRelayed(...neighbours)
    await expectTextsRelayed(one, other)
    expect(other.unread).not.toContain('text')
  },
)
