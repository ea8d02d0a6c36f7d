// Tests which frames count in `received` (see docs/protocol.md). Client and server must count the same
// frames.
import { expect } from 'vitest'
import { test } from '../server-fixture.ts'
import { RawClient } from './raw-client.ts'

const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values)

/**
 * Destroys the connection without a close frame and resumes. Resolves with the count in the new
 * welcome.
 */
async function countOf(
  url: string,
  client: RawClient,
  resumeToken: string | null,
): Promise<unknown> {
  await client.settled()
  client.socket.terminate()
  await client.closed()
  const [, welcome] = await RawClient.resume(url, { resumeToken }, client.received)
  return welcome.received
}

test.for<[string, Uint8Array | string]>([
  ['that is malformed', bytes(0xc1)],
  ['whose text is not UTF-8', bytes(0x92, 0x11, 0xa1, 0xff)],
  ['with an invalid field', bytes(0x91, 0x05)],
  ['of a type that only servers send', bytes(0x91, 34)],
  ['of an unknown type', bytes(0x92, 0x7f, 0xc1)],
  ['longer than its type allows', new Uint8Array(4201).fill(0x92, 0, 1).fill(0x11, 1, 2)],
  ['that is a text frame', 'hello'],
  ['for a partner, without a room', bytes(0x92, 0x12, 0xc3)],
  ['that is a second hello', bytes(0x96, 0x01, 0xa0, 0xa0, 0xa0, 0xc0, 0xc0)],
])('counts a frame %s', async ([, frame], { startServer }) => {
  const { url } = await startServer()
  const client = await RawClient.connect(url)
  client.sendHello()
  const { resumeToken } = await client.receive('welcome')
  client.sendRaw(frame)
  expect(await countOf(url, client, resumeToken)).toBe(1)
})

test('counts frames that the rate limit drops', async ({ startServer }) => {
  const { url } = await startServer()
  const client = await RawClient.connect(url)
  client.sendHello()
  const { resumeToken } = await client.receive('welcome')
  for (let time = 1; time <= 30; time++) client.send({ type: 'ping' })
  expect(await client.errorCode()).toBe('rate-limited')
  expect(await countOf(url, client, resumeToken)).toBe(30)
})

test('does not count frames that arrive before the welcome, even if they arrive after the hello', async ({
  startServer,
}) => {
  let admit: (answer: boolean) => void = () => undefined
  const onConnect = (): Promise<boolean> => new Promise((resolve) => (admit = resolve))
  const { url } = await startServer({}, { hooks: { onConnect } })
  const client = await RawClient.connect(url)
  client.sendRaw(bytes(0x92, 0x01, 0x07))
  expect(await client.errorCode()).toBe('invalid-field')
  client.sendRaw(bytes(0x91, 0x7f))
  client.enter()
  expect(await client.errorCode()).toBe('hello-required')
  client.sendHello()
  client.enter()
  expect(await client.errorCode()).toBe('hello-required')
  admit(true)
  const { resumeToken } = await client.receive('welcome')
  client.enter()
  await client.receive('waiting')
  expect(await countOf(url, client, resumeToken)).toBe(1)
})

test('accepts every resume token that the session has received', async ({ startServer }) => {
  const { url } = await startServer()
  const client = await RawClient.connect(url)
  client.sendHello()
  const first = await client.receive('welcome')
  client.socket.terminate()
  await client.closed()
  const [second, latest] = await RawClient.resume(url, first, client.received)
  expect(latest.resumeToken).not.toBe(first.resumeToken)
  // The client may have lost its connection before the welcome with the latest token arrived.
  second.socket.terminate()
  await second.closed()
  const [, third] = await RawClient.resume(url, first, client.received + second.received)
  expect(third).toMatchObject({ session: first.session, received: 0 })
})
