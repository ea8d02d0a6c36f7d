// Attacks by what the protocol allows: sessions, rooms, relayed messages, resumes.
import type { Message } from '@buddy-chat/protocol'
import { encode } from '@buddy-chat/protocol'
import { RawClient } from '../integration/raw-client.ts'
import { visitorAddress } from './loopback.ts'
import type { Attack, Scene } from './scene.ts'
import { again, countEnd, crowd, drop } from './scene.ts'

const visitor = { localAddress: visitorAddress }
/** Within a client's rates: 50 signals and 64 kB a second. */
const signalEveryMs = 20

const candidate = {
  candidate: 'candidate:1 1 udp 2122260223 192.0.2.1 54321 typ host',
  sdpMid: '0',
  sdpMLineIndex: 0,
  usernameFragment: 'abcd',
}
const signal = { type: 'signal', description: null, sending: null, generation: null } as const

/** Ends as a network does that breaks, and resolves when the socket is gone. */
async function reset(client: RawClient): Promise<void> {
  drop(client)
  await client.closed()
}

/** A pair of the attacker's own, in a lobby of its own. */
const ownPair = ({ url, random }: Scene): Promise<[RawClient, RawClient]> =>
  RawClient.pair(url, `attack ${random.below(2 ** 32)}`)

const hoarding: Attack = {
  name: 'room-hoarding',
  what: 'one address joins, pairs its own and resets both; others must still be matched',
  run: async (scene) => {
    const hoard = crowd(scene, 8, async () => {
      const pair = await ownPair(scene)
      scene.count('rooms taken')
      await Promise.all(pair.map(reset))
    })
    // At the end, when the attacker has all that it can get.
    const newcomers = hoard.then(async () => {
      const pair = await Promise.all(
        ['Ana', 'Bob'].map((name) => RawClient.join(scene.url, name, visitor)),
      )
      for (const client of pair) client.enter({ lobby: 'newcomers' })
      await Promise.all(pair.map((client) => client.receive('matched')))
      drop(...pair)
    })
    await newcomers.catch((error: unknown) => scene.onFault(`newcomers: ${String(error)}`))
  },
}

/** Signals from one to the other of the attacker's pairs, as many as its rates allow. */
function signals(name: string, what: string, message: (turn: number) => Message): Attack {
  return {
    name,
    what,
    run: (scene) =>
      crowd(scene, 16, async () => {
        const [one, other] = await ownPair(scene)
        countEnd(scene, one)
        for (let turn = 0; !scene.isOver() && one.socket.readyState === 1; turn++) {
          one.sendRaw(encode(message(turn)))
          scene.count('signals')
          await scene.wait(signalEveryMs)
        }
        drop(one, other)
      }),
  }
}

const slowReaders: Attack = {
  name: 'slow-readers',
  what: '31 users whose partners send all they may, and who read nothing',
  run: (scene) =>
    crowd(scene, 31, async () => {
      const [one, other] = await ownPair(scene)
      countEnd(scene, other)
      other.socket.pause()
      const frame = encode({
        ...signal,
        candidates: [],
        description: { type: 'offer', sdp: 'x'.repeat(32_000) },
      })
      while (!scene.isOver() && one.socket.readyState === 1) {
        one.sendRaw(frame)
        await scene.wait(signalEveryMs)
      }
      drop(one, other)
    }),
}

const awayOverflow: Attack = {
  name: 'away-overflow',
  what: '90 kB of signals at a partner who is away; its session must be resumed',
  run: (scene) =>
    again(scene, async () => {
      const victim = await RawClient.connect(scene.url, visitor)
      victim.sayHello()
      const welcome = await victim.receive('welcome')
      const lobby = `away ${scene.random.below(2 ** 32)}`
      victim.enter({ lobby })
      await victim.receive('waiting')
      const mallory = await RawClient.join(scene.url, 'Mallory')
      mallory.enter({ lobby })
      await Promise.all([victim.receive('matched'), mallory.receive('matched')])
      await reset(victim)
      await mallory.receive('partner-away')
      for (let time = 0; time < 3; time++) {
        mallory.send({
          ...signal,
          candidates: [],
          description: { type: 'offer', sdp: 'x'.repeat(30_000) },
        })
      }
      await mallory.settled()
      const back = await RawClient.connect(scene.url, visitor)
      const { received } = victim
      back.sayHello({
        resume: { token: welcome.resumeToken ?? '', received, sent: null, roomToken: null },
      })
      const { session } = await back.receive('welcome')
      scene.count(session === welcome.session ? 'resumed' : 'sessions lost')
      if (session !== welcome.session) scene.onFault('the session of a user who was away is lost')
      for (const client of [back, mallory]) await client.leave()
    }),
}

const tokenGuessing: Attack = {
  name: 'token-guessing',
  what: 'resume tokens that are nearly right',
  endsBy: ['too-many-connections'],
  run: (scene) => {
    const sessions = new Set<string>()
    return crowd(scene, 16, async () => {
      const { random, url } = scene
      const client = await RawClient.connect(url)
      countEnd(scene, client)
      client.sayHello()
      const { session, resumeToken } = await client.receive('welcome')
      sessions.add(session)
      const token = resumeToken ?? ''
      const at = random.below(token.length)
      const forged = random.pick([
        token.slice(0, at) + (token[at] === 'A' ? 'B' : 'A') + token.slice(at + 1),
        token.slice(0, at),
        `${token}A`,
        Buffer.from(random.bytes(token.length)).toString('base64url').slice(0, token.length),
      ])
      const guess = await RawClient.connect(url)
      countEnd(scene, guess)
      guess.sayHello({ resume: { token: forged, received: 0, sent: null, roomToken: null } })
      const answer = await guess.receive('welcome')
      scene.count('guesses')
      if (sessions.has(answer.session)) scene.onFault('a forged token was accepted')
      drop(client, guess)
    })
  },
}

const connects: Attack = {
  name: 'connects',
  what: 'one address opens connections as fast as it can, and leaves at once',
  endsBy: ['too-many-connections'],
  run: (scene) =>
    crowd(scene, 32, async () => {
      const client = await RawClient.connect(scene.url)
      countEnd(scene, client)
      client.sayHello()
      await client.receive('welcome')
      scene.count('connects')
      drop(client)
    }),
}

const hellos: Attack = {
  name: 'hellos',
  what: 'one connection says hello again and again, 500 at a time',
  endsBy: ['rate-limited', 'protocol-violation'],
  run: (scene) =>
    again(scene, async () => {
      const client = await RawClient.join(scene.url, 'Mallory')
      countEnd(scene, client)
      client.tcp.cork()
      for (let time = 0; time < 500; time++) client.sayHello()
      client.tcp.uncork()
      await client.closed()
    }),
}

export const sessionAttacks: readonly Attack[] = [
  hoarding,
  signals('candidates', '16 send all the candidates that the rates allow', (turn) => ({
    ...signal,
    candidates: Array.from({ length: 12 }, (_, index) => ({
      ...candidate,
      candidate: candidate.candidate.replace(
        '54321',
        String(1024 + ((turn * 12 + index) % 60_000)),
      ),
    })),
  })),
  signals('restarts', '16 send empty signals and offers at the full rate', (turn) => ({
    ...signal,
    candidates: [],
    description: turn % 2 === 0 ? null : { type: 'offer', sdp: 'v=0\r\n'.repeat(100) },
  })),
  slowReaders,
  awayOverflow,
  tokenGuessing,
  connects,
  hellos,
]
