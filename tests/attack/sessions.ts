// Attacks with valid messages: sessions, rooms, relayed messages, resumes.
import type { Message } from '@buddy-chat/protocol'
import { encode } from '@buddy-chat/protocol'
import { RawClient } from '../integration/raw-client.ts'
import { visitorAddress } from './loopback.ts'
import type { Attack, Scene } from './scene.ts'
import { abort, countClose, repeat, repeatInParallel } from './scene.ts'

const visitor = { localAddress: visitorAddress }
/** A pause that keeps a client below its rate limits, 50 signals and 64 kB a second. */
const signalEveryMs = 20

const candidate = {
  candidate: 'candidate:1 1 udp 2122260223 192.0.2.1 54321 typ host',
  sdpMid: '0',
  sdpMLineIndex: 0,
  usernameFragment: 'abcd',
}
const signal = { type: 'signal', description: null, sending: null, generation: null } as const

/** Destroys a connection without a close frame, and resolves once it is closed. */
async function reset(client: RawClient): Promise<void> {
  abort(client)
  await client.closed()
}

/** Resolves with two clients of the attacker, matched in a lobby of their own. */
const attackerPair = ({ url, random }: Scene): Promise<[RawClient, RawClient]> =>
  RawClient.pair(url, `attack ${random.below(2 ** 32)}`)

const roomHoarding: Attack = {
  name: 'room-hoarding',
  what: 'one address opens rooms and loses the connections, so that the server keeps the rooms for a resume; others must still be matched',
  run: async (scene) => {
    const hoard = repeatInParallel(scene, 8, async () => {
      const pair = await attackerPair(scene)
      scene.count('rooms taken')
      await Promise.all(pair.map(reset))
    })
    // Other users connect at the end of the attack, when the attacker holds as many rooms as it can
    // get.
    const newcomers = hoard.then(async () => {
      const pair = await Promise.all(
        ['Ana', 'Bob'].map((name) => RawClient.join(scene.url, name, visitor)),
      )
      for (const client of pair) client.enter({ lobby: 'newcomers' })
      await Promise.all(pair.map((client) => client.receive('matched')))
      abort(...pair)
    })
    await newcomers.catch((error: unknown) => scene.onFault(`newcomers: ${String(error)}`))
  },
}

/** Each attacker sends signals to a partner of its own, as fast as the rate limits allow. */
function signals(name: string, what: string, message: (turn: number) => Message): Attack {
  return {
    name,
    what,
    run: (scene) =>
      repeatInParallel(scene, 16, async () => {
        const [one, other] = await attackerPair(scene)
        countClose(scene, one)
        for (let turn = 0; !scene.isOver() && one.socket.readyState === 1; turn++) {
          one.sendRaw(encode(message(turn)))
          scene.count('signals')
          await scene.wait(signalEveryMs)
        }
        abort(one, other)
      }),
  }
}

const slowReaders: Attack = {
  name: 'slow-readers',
  what: '31 users read nothing, while their partners send as much as the rate limits allow',
  run: (scene) =>
    repeatInParallel(scene, 31, async () => {
      const [one, other] = await attackerPair(scene)
      countClose(scene, other)
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
      abort(one, other)
    }),
}

const awayOverflow: Attack = {
  name: 'away-overflow',
  what: '90 kB of signals to a partner without a connection, who must still be able to resume',
  run: (scene) =>
    repeat(scene, async () => {
      const victim = await RawClient.connect(scene.url, visitor)
      victim.sendHello()
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
      const resumed = await RawClient.connect(scene.url, visitor)
      const { received } = victim
      resumed.sendHello({
        resume: { token: welcome.resumeToken ?? '', received, sent: null, roomToken: null },
      })
      const { session } = await resumed.receive('welcome')
      scene.count(session === welcome.session ? 'resumed' : 'sessions lost')
      if (session !== welcome.session) scene.onFault('a user who was away could not resume')
      for (const client of [resumed, mallory]) await client.leave()
    }),
}

const tokenGuessing: Attack = {
  name: 'token-guessing',
  what: 'resumes with tokens that differ a little from a valid one',
  closesWith: ['too-many-connections'],
  run: (scene) => {
    const sessions = new Set<string>()
    return repeatInParallel(scene, 16, async () => {
      const { random, url } = scene
      const client = await RawClient.connect(url)
      countClose(scene, client)
      client.sendHello()
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
      countClose(scene, guess)
      guess.sendHello({ resume: { token: forged, received: 0, sent: null, roomToken: null } })
      const answer = await guess.receive('welcome')
      scene.count('guesses')
      if (sessions.has(answer.session)) scene.onFault('the server accepted a forged token')
      abort(client, guess)
    })
  },
}

const connects: Attack = {
  name: 'connects',
  what: 'one address begins sessions as fast as it can, and drops each connection at once',
  closesWith: ['too-many-connections'],
  run: (scene) =>
    repeatInParallel(scene, 32, async () => {
      const client = await RawClient.connect(scene.url)
      countClose(scene, client)
      client.sendHello()
      await client.receive('welcome')
      scene.count('connects')
      abort(client)
    }),
}

const hellos: Attack = {
  name: 'hellos',
  what: 'one connection sends 500 hellos at a time',
  closesWith: ['rate-limited', 'protocol-violation'],
  run: (scene) =>
    repeat(scene, async () => {
      const client = await RawClient.join(scene.url, 'Mallory')
      countClose(scene, client)
      client.tcp.cork()
      for (let time = 0; time < 500; time++) client.sendHello()
      client.tcp.uncork()
      await client.closed()
    }),
}

export const sessionAttacks: readonly Attack[] = [
  roomHoarding,
  signals('candidates', '16 users send as many candidates as the rate limits allow', (turn) => ({
    ...signal,
    candidates: Array.from({ length: 12 }, (_, index) => ({
      ...candidate,
      candidate: candidate.candidate.replace(
        '54321',
        String(1024 + ((turn * 12 + index) % 60_000)),
      ),
    })),
  })),
  signals('restarts', '16 users send empty signals and offers at the full rate', (turn) => ({
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
