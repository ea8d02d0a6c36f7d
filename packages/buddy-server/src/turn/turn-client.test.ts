// What a real TURN server does not do on demand: it loses packets, changes its nonce, answers in pieces, and
// answers without a proof that it knows the password. tests/integration/turn-config.test.ts has a real one.
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { createServer } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import type { StunTarget } from './stun-channel.ts'
import type { StunAttribute, StunMessage } from './stun-message.ts'
import { decodeStun, encodeRequest, encodeXorAddress, stunAttributes } from './stun-message.ts'
import type { TurnClient } from './turn-client.ts'
import { openTurnClient } from './turn-client.ts'

const credentials = { username: 'ana', credential: 'secret' }
const serverName = 'localhost'

/** Encodes a response without a proof of the password. */
function response(
  { method, transactionId }: StunMessage,
  kind: 'success' | 'error',
  attributes: readonly StunAttribute[],
): Buffer {
  const bytes = encodeRequest(method, transactionId, attributes)
  bytes.writeUInt16BE(method | { success: 0x100, error: 0x110 }[kind], 0)
  return bytes
}

const refusal = (request: StunMessage, code: number, nonce: string): Buffer =>
  response(request, 'error', [
    [stunAttributes.errorCode, Buffer.from([0, 0, Math.floor(code / 100), code % 100])],
    [stunAttributes.realm, Buffer.from('realm')],
    [stunAttributes.nonce, Buffer.from(nonce)],
  ])

const success = (request: StunMessage): Buffer =>
  response(request, 'success', [
    [
      stunAttributes.xorRelayedAddress,
      encodeXorAddress('192.0.2.1', 50_000, request.transactionId),
    ],
    [stunAttributes.xorMappedAddress, encodeXorAddress('192.0.2.2', 4000, request.transactionId)],
  ])

/** Starts a UDP server that gives these answers, in order, to the requests that it receives. */
async function startServer(
  ...answers: ((request: StunMessage) => Buffer | undefined)[]
): Promise<{ readonly target: StunTarget; readonly requests: readonly StunMessage[] }> {
  const socket = createSocket('udp4').bind(0, '127.0.0.1')
  onTestFinished(() => void socket.close())
  await once(socket, 'listening')
  const requests: StunMessage[] = []
  socket.on('message', (bytes, sender) => {
    const request = decodeStun(bytes)!
    const answer = answers[requests.length]?.(request)
    requests.push(request)
    if (answer) socket.send(answer, sender.port, sender.address)
  })
  const { port } = socket.address()
  return { target: { transport: 'udp', address: '127.0.0.1', port, serverName }, requests }
}

async function open(target: StunTarget, signal = AbortSignal.timeout(5000)): Promise<TurnClient> {
  const client = await openTurnClient(target, signal)
  onTestFinished(() => client.close())
  return client
}

test('does not accept an allocation from a server that does not prove that it knows the password', async () => {
  const { target } = await startServer((request) => refusal(request, 401, 'nonce'), success)
  const client = await open(target)
  await expect(client.allocate(credentials, 4)).rejects.toThrow(
    'the answer is not signed with the password',
  )
})

test('reports a server that gives an allocation without asking for credentials', async () => {
  const { target } = await startServer(success)
  const client = await open(target)
  expect(await client.allocate(credentials, 4)).toEqual({
    relayed: { address: '192.0.2.1', port: 50_000 },
    mapped: { address: '192.0.2.2', port: 4000 },
    isOpenToAll: true,
  })
})

test('sends a request with the new nonce once if the previous one is stale', async () => {
  const { target, requests } = await startServer(
    (request) => refusal(request, 401, 'first'),
    (request) => refusal(request, 438, 'second'),
    (request) => refusal(request, 438, 'third'),
  )
  const client = await open(target)
  await expect(client.allocate(credentials, 4)).rejects.toMatchObject({ code: 438 })
  const nonces = requests.map(({ attributes }) => attributes.get(stunAttributes.nonce)?.toString())
  expect(nonces).toEqual([undefined, 'first', 'second'])
})

test('repeats a request over UDP that got lost, with the same transaction id', async () => {
  const { target, requests } = await startServer(() => undefined, success)
  const client = await open(target)
  expect(await client.binding()).toEqual({ address: '192.0.2.2', port: 4000 })
  expect(requests[1]?.transactionId).toEqual(requests[0]?.transactionId)
})

test('ignores answers to other requests', async () => {
  const { target } = await startServer(
    (request) => success({ ...request, transactionId: Buffer.alloc(12) }),
    success,
  )
  const client = await open(target)
  expect((await client.binding()).port).toBe(4000)
})

test('reads answers over TCP that arrive in pieces and together', async () => {
  const server = createServer((socket) => {
    const requests: StunMessage[] = []
    socket.on('data', (chunk) => {
      for (let start = 0; start < chunk.length; start += 20) {
        requests.push(decodeStun(chunk.subarray(start, start + 20))!)
      }
      if (requests.length < 2) return
      const answers = Buffer.concat(requests.map(success))
      socket.write(answers.subarray(0, 10))
      // The rest arrives in a packet of its own.
      setImmediate(() => socket.write(answers.subarray(10)))
    })
  }).listen(0, '127.0.0.1')
  onTestFinished(() => void server.close())
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const client = await open({ transport: 'tcp', address: '127.0.0.1', port, serverName })
  const answers = await Promise.all([client.binding(), client.binding()])
  expect(answers.map((each) => each.port)).toEqual([4000, 4000])
})

test('rejects with the reason of its signal if the server does not answer', async () => {
  const { target } = await startServer()
  const client = await open(target, AbortSignal.timeout(50))
  await expect(client.binding()).rejects.toMatchObject({ name: 'TimeoutError' })
  await expect(client.binding()).rejects.toMatchObject({ name: 'TimeoutError' })
})

test('rejects if its signal is aborted already, for example because the name was resolved late', async () => {
  const { target } = await startServer()
  const late = new Error('too late')
  await expect(openTurnClient(target, AbortSignal.abort(late))).rejects.toBe(late)
})
