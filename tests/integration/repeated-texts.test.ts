// A bot that sends nearly the same text to 30 strangers is slowed and reported; a person who greets 30
// strangers alike is not. With real sockets.
import { describe, expect } from 'vitest'
import type { RunningServer } from '../server-fixture.ts'
import { test } from '../server-fixture.ts'
import { RawClient } from './raw-client.ts'

const strangers = Array.from({ length: 30 }, (_, index) => index)
/** Slowed searches have no effect here, because all rooms are open before the bot sends texts. */
const options = { trustedProxyHops: 1, slowedSearchMs: 0 }

/**
 * Sends the text that `say` returns in a room with each stranger. Resolves with the texts that the strangers
 * received.
 */
async function sayToAll(
  { url }: RunningServer,
  say: (index: number) => string,
  { isNewEachTime = false }: { readonly isNewEachTime?: boolean } = {},
): Promise<{ received: (string | undefined)[]; speakers: RawClient[] }> {
  let visitor: string | null | undefined = null
  const speakers: RawClient[] = []
  const received: (string | undefined)[] = []
  for (const index of strangers) {
    const lobby = `lobby ${index}`
    const stranger = await RawClient.connect(url, {
      headers: { 'X-Forwarded-For': `192.0.2.${index + 1}` },
    })
    stranger.sendHello({})
    await stranger.receive('welcome')
    stranger.enter({ lobby, mode: 'text' })
    await stranger.receive('waiting')
    const speaker = await RawClient.connect(url, {
      headers: { 'X-Forwarded-For': '198.51.100.9' },
    })
    speaker.sendHello({ visitor: visitor ?? null })
    const { visitorToken } = await speaker.receive('welcome')
    if (!isNewEachTime) visitor ??= visitorToken
    speaker.enter({ lobby, mode: 'text' })
    await Promise.all([stranger.receive('matched'), speaker.receive('matched')])
    speaker.send({ type: 'text', text: say(index) })
    // The end of the room follows the text, so it shows that the text was dropped.
    await speaker.settled()
    speaker.send({ type: 'leave' })
    received.push(await textBeforeEnd(stranger))
    speakers.push(speaker)
  }
  return { received, speakers }
}

/** Resolves with the text that a stranger receives; undefined if the room ends without one. */
async function textBeforeEnd(stranger: RawClient): Promise<string | undefined> {
  const message = await stranger.receiveAnyOf('text', 'partner-left')
  return message.type === 'text' ? message.text : undefined
}

const pitch = (index: number): string =>
  `Hi ${'Anna Ben Cleo Dan Eva'.split(' ')[index % 5]}!! I am alone tonight and so b${index % 2 ? 'o' : 'о'}red, ` +
  `come watch me live on my free page you will not regret it ${index}`

describe('a user who sends to 30 strangers', () => {
  test('nearly the same reaches the first 8 partners, and is then refused, slowed and reported', async ({
    startServer,
  }) => {
    const running = await startServer(options)
    const { received, speakers } = await sayToAll(running, pitch)
    expect(received).toEqual(strangers.map((index) => (index < 8 ? pitch(index) : undefined)))
    expect(await speakers[8]!.receive('error')).toMatchObject({
      code: 'rate-limited',
      retryAfterMs: 60_000,
    })
    expect(await speakers[8]!.receive('measure')).toMatchObject({
      kind: 'slowed',
      reason: 'spam',
      isAutomatic: true,
    })
    const [group] = running.server.moderation.reports()
    expect(group).toMatchObject({ counts: { spam: 1 }, total: 1 })
    expect(group!.reports[0]).toMatchObject({ note: 'nearly the same text in 16 rooms' })
    expect(running.server.moderation.decisions()).toMatchObject([{ kind: 'slow', by: 'rule' }])
    const lines: string[] = []
    for await (const line of running.server.moderation.exportAudit()) lines.push(line)
    expect(lines).toHaveLength(1)
    expect(JSON.stringify([lines, group])).not.toMatch(/tonight/)
  })

  test('a link reaches the first 4 partners', async ({ startServer }) => {
    const running = await startServer({ ...options, newVisitorMs: 0 })
    const { received } = await sayToAll(
      running,
      (index) => `${index} see spam.example/${index} https://spam.example`,
    )
    expect(received.filter((text) => text !== undefined)).toHaveLength(4)
  })

  test('an everyday opening reaches all partners', async ({ startServer }) => {
    const running = await startServer(options)
    const { received } = await sayToAll(running, () => 'hello where are you from')
    expect(received).toEqual(strangers.map(() => 'hello where are you from'))
    expect(running.server.moderation.decisions()).toEqual([])
  })

  test('nearly the same reaches all partners if texts are not compared', async ({
    startServer,
  }) => {
    const running = await startServer({ ...options, repeatedTextRooms: 0, newVisitorMs: 0 })
    const { received } = await sayToAll(running, pitch)
    expect(received).toEqual(strangers.map(pitch))
  })
})

test('new identities from one address are recognised by the address, after twice as many rooms', async ({
  startServer,
}) => {
  const running = await startServer(options)
  const { received } = await sayToAll(running, pitch, { isNewEachTime: true })
  expect(received.map((text) => text !== undefined)).toEqual(strangers.map((index) => index < 16))
})

test('a new visitor may send few links, also in one room', async ({ startServer }) => {
  const { url } = await startServer(options)
  const [ana, bob] = await Promise.all([RawClient.join(url, 'Ana'), RawClient.join(url, 'Bob')])
  ana.enter({ mode: 'text' })
  await ana.receive('waiting')
  bob.enter({ mode: 'text' })
  await bob.receive('matched')
  for (let index = 0; index < 5; index++)
    bob.send({ type: 'text', text: `see a${index}.example/x https://b.example` })
  bob.send({ type: 'text', text: 'the end' })
  const received: string[] = []
  while (received.at(-1) !== 'the end') received.push((await ana.receive('text')).text)
  expect(received).toHaveLength(4)
  expect(await bob.receive('error')).toMatchObject({ code: 'rate-limited' })
})
