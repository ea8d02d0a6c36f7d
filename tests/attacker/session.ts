// One session of an honest or lying client, over a real connection.
import type { MessageOf } from '@buddy-chat/protocol'
import { RawClient } from '../integration/raw-client.ts'
import type { Random } from '../load/random.ts'
import { forgedToken, lyingTicket, trueToken } from './lies.ts'
import type { Witness } from './witness.ts'

/** A person who opens several sessions, with the data that the browser keeps. */
export interface Person {
  readonly name: string
  readonly isLiar: boolean
  readonly site: 'club' | 'open'
  readonly band: string
  /** A loopback address of their own. */
  readonly address: string
  /** The visitor token in the browser of this person. */
  visitorToken: string | undefined
}

/** The data that the sessions of a run share. */
export interface Ground {
  readonly url: string
  readonly witness: Witness
  /** Rooms of all sessions, which liars name in their reports. */
  readonly rooms: string[]
  /** Visitor tokens of the other site, which liars try to use. */
  readonly foreignTokens: string[]
}

/** The error codes with which a server may refuse an honest session of a busy run. */
const honestRefusals: ReadonlySet<string> = new Set(['banned', 'too-many-connections'])
const lobbies = ['', '', 'quiet']
const maxMeetings = 3

/** Opens a session. Resolves with undefined if the server has refused it, as it must for a forged token. */
async function join(
  person: Person,
  random: Random,
  { url, witness, foreignTokens }: Ground,
): Promise<{ client: RawClient; welcome: MessageOf<'welcome'> } | undefined> {
  const { site, isLiar, address, name, band } = person
  const isForged = isLiar && site === 'club' && random.chance(0.4)
  const own = site === 'club' ? await trueToken(name, band) : null
  const token = isForged ? await forgedToken(name, random) : own
  const foreign =
    isLiar && random.chance(0.2) ? random.pick([...foreignTokens, 'forged']) : undefined
  const client = await RawClient.connect(url, { localAddress: address })
  client.sendHello({ site, name, token, visitor: foreign ?? person.visitorToken })
  const answer = await client.receiveAnyOf('welcome', 'error')
  if (answer.type === 'welcome') {
    if (isForged) witness.faults.push(`the server has accepted a forged token of ${name}`)
    // A browser that has sent an invalid visitor token is a new person to the server.
    if (foreign === undefined || site === 'club') {
      person.visitorToken = answer.visitorToken ?? person.visitorToken
      return { client, welcome: answer }
    }
    await client.leave()
    return undefined
  }
  witness.count(`refused with ${answer.code}`)
  if (!isForged && !honestRefusals.has(answer.code)) {
    witness.faults.push(`${name} was refused with ${answer.code}: ${answer.message}`)
  }
  await client.closed()
  return undefined
}

/** Sends reports about the present partner, about rooms of others, and about rooms that do not exist. */
function floodReports(client: RawClient, room: string, random: Random, { rooms }: Ground): void {
  for (let time = 0; time < 10; time++) {
    const about = random.pick([room, null, 'r0om', ...rooms.slice(-20)])
    client.send({ type: 'report', reason: random.pick(['minor', 'spam', 'other']), room: about })
  }
}

/** Opens a further session in one of the ways that a blocked person may try. */
async function comeBack(
  client: RawClient,
  welcome: MessageOf<'welcome'>,
  person: Person,
  random: Random,
  ground: Ground,
): Promise<void> {
  const { url, witness } = ground
  if (random.chance(0.5)) {
    // A second tab, while the first is still open.
    await runSession({ ...person }, random, ground, 1)
    return
  }
  client.socket.terminate()
  await client.closed()
  const again = await RawClient.connect(url, { localAddress: person.address })
  const { resumeToken } = welcome
  if (resumeToken === null) return
  again.sendHello({
    site: person.site,
    resume: { token: resumeToken, received: client.received, sent: null, roomToken: null },
  })
  const answer = await again.receiveAnyOf('welcome', 'error')
  if (answer.type === 'error') return
  witness.count('resumed sessions')
  witness.identify(answer.session, { ...person, person: person.name, lobby: '' })
  again.enter({ mode: 'text', lobby: '' })
  await again.receiveAnyOf('waiting', 'matched', 'error')
  await again.leave()
}

/** Visits the server once, so that the person's browser has a visitor token of its own from then on. */
export async function enrol(person: Person, { url }: Pick<Ground, 'url'>): Promise<void> {
  const client = await RawClient.connect(url, { localAddress: person.address })
  const token = person.site === 'club' ? await trueToken(person.name, person.band) : null
  client.sendHello({ site: person.site, name: person.name, token })
  person.visitorToken = (await client.receive('welcome')).visitorToken ?? undefined
  await client.leave()
}

/** Connects, meets up to `meetings` people, lies if the person is a liar, and leaves. */
export async function runSession(
  person: Person,
  random: Random,
  ground: Ground,
  meetings = maxMeetings,
): Promise<void> {
  const { witness, rooms, foreignTokens } = ground
  const { name, isLiar, band, site } = person
  const joined = await join(person, random, ground)
  if (!joined) return
  const { client, welcome } = joined
  if (site === 'club' && welcome.visitorToken) foreignTokens.push(welcome.visitorToken)
  const lies = isLiar && random.chance(0.5) ? lyingTicket(random) : {}
  const lobby = lies.lobby ?? random.pick(lobbies)
  witness.identify(welcome.session, { person: name, site, band, lobby })
  client.enter({ mode: 'text', languages: ['en'], ...lies, lobby })
  for (let meeting = 0; meeting < meetings; meeting++) {
    const matched = await nextMatch(client, witness)
    if (!matched) break
    rooms.push(matched.room)
    client.send({ type: 'consent', topic: 'picture', isGiven: true })
    if (isLiar) floodReports(client, matched.room, random, ground)
    else if (random.chance(0.5)) {
      client.send({ type: 'block', room: matched.room })
      await client.settled()
      witness.handleBlock(name, matched.partnerName)
    }
    if (isLiar && random.chance(0.2)) {
      await comeBack(client, welcome, person, random, ground)
      if (client.socket.readyState !== client.socket.OPEN) return
    }
    client.send({ type: 'next', offer: null })
    await client.settled()
  }
  client.socket.close(1000)
  await client.closed()
}

/** The errors that answer a report of a liar. */
const answersToReports: ReadonlySet<string> = new Set([
  'not-in-room',
  'unknown-room',
  'rate-limited',
])

/** Resolves with the next match; with undefined if the ticket is refused, or no partner is available. */
async function nextMatch(
  client: RawClient,
  witness: Witness,
): Promise<MessageOf<'matched'> | undefined> {
  for (;;) {
    const answer = await client.receiveAnyOf('matched', 'error').catch(() => undefined)
    if (answer?.type === 'matched') return answer
    if (answer && answersToReports.has(answer.code)) continue
    if (answer) witness.count(`ticket refused with ${answer.code}`)
    return undefined
  }
}
