import { group } from '../case.ts'
import type { CaseContext, Joined } from '../case-context.ts'
import { bytes, pack } from '../msgpack.ts'
import { types, unknownType } from '../wire.ts'
import { checkContinues, resume } from './resuming.ts'

const counts =
  "`received` in this `welcome` must be the number of the client's frames that have arrived after a `welcome` on all connections of the session, also of frames that are malformed, of an unknown type, longer than their type allows, not binary, or dropped for their rate."
const notCounted =
  'Frames that arrive before the `welcome` of their connection, `hello` included, must not count in `received`.'

/** Frames that are faulty or dropped, each of which counts in `received`. */
const countedFrames: readonly [what: string, send: (client: Joined) => void][] = [
  ['a malformed frame', (client) => client.sendBytes(bytes(0xc1))],
  ['an empty frame', (client) => client.sendBytes(bytes())],
  ['a frame with invalid UTF-8', (client) => client.sendBytes(bytes(0x92, types.text, 0xa1, 0xff))],
  ['a frame with an invalid field', (client) => client.send('report')],
  ['a frame that only servers send', (client) => client.sendBytes(bytes(0x91, types.stats))],
  ['a frame of an unknown type', (client) => client.sendBytes(bytes(0x92, unknownType, 0xc1))],
  [
    'a frame that is too long',
    (client) => client.sendBytes(bytes(0x92, types.ping, 0xd9, 100, new Uint8Array(100))),
  ],
  ['a text frame', (client) => client.sendText('hello')],
  ['a frame for the partner outside a room', (client) => void client.sendSignal()],
  ['a second hello', (client) => client.sendBytes(pack([types.hello, 'Ana', '', '', null, null]))],
  ['a ping', (client) => void client.send('ping')],
  ['a leave', (client) => void client.send('leave')],
]

export const resumeCountCases = group('resume', 'resume', [
  ...countedFrames.map(([what, send]) => ({
    title: `counts ${what} as received`,
    rule: counts,
    run: async (t: CaseContext) => {
      const first = await t.join()
      send(first)
      await first.settle()
      await first.drop()
      const second = await resume(t, first)
      checkContinues(first, second, 1)
    },
  })),
  {
    title: 'counts the frames of all connections together',
    rule: counts,
    run: async (t) => {
      const first = await t.join()
      await t.wait(first)
      await first.drop()
      const second = await resume(t, first)
      checkContinues(first, second, 1)
      await second.next('waiting')
      second.send('leave')
      second.send('next', null)
      await second.next('waiting')
      await second.drop()
      const third = await resume(t, second, { received: first.received + second.received })
      checkContinues(first, third, 3)
      await third.next('waiting')
    },
  },
  {
    title: 'does not count frames before welcome',
    rule: notCounted,
    run: async (t) => {
      const first = await t.connect()
      first.send('ping')
      await first.nextError('hello-required')
      first.sendHello({ name: 5 })
      await first.nextError('invalid-field')
      first.sendBytes(bytes(0x91, unknownType))
      t.sendHello(first)
      await first.next('welcome')
      const joined = first as Joined
      await t.wait(joined)
      await joined.drop()
      const second = await resume(t, joined)
      checkContinues(joined, second, 1)
      await second.next('waiting')
    },
  },
  {
    title: 'does not count frames before the welcome of a resume',
    rule: notCounted,
    run: async (t) => {
      const first = await t.join()
      await first.drop()
      const second = await t.connect()
      second.send('ping')
      await second.nextError('hello-required')
      const { resumeToken } = first.welcome
      t.sendHello(second, { resume: [resumeToken, first.received, null, null] })
      await second.next('welcome')
      checkContinues(first, second as Joined, 0)
    },
  },
])
