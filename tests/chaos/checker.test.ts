// The checker finds the mistake in histories that are wrong on purpose, and none in the same histories without it.
import { describe, expect, test } from 'vitest'
import { checkHistory } from './checker.ts'
import type { Entry, FaultKind, Happening } from './history.ts'

/** Writes a history step by step. Each step takes 10 ms. */
class Script {
  readonly entries: Entry[] = []
  #t = 0
  #connections = 0
  readonly #latest = new Map<string, number>()

  add(happening: Happening): this {
    this.#t += 10
    this.entries.push({ t: this.#t, ...happening })
    return this
  }

  pause(ms: number): this {
    this.#t += ms
    return this
  }

  /** Opens clients, each with a session of its own at a node. */
  join(node: number, ...clients: readonly string[]): this {
    for (const c of clients) this.joinAs(c, { node })
    return this
  }

  joinAs(c: string, { node = 0, band = '18+', person = `person ${c}` }): this {
    this.add({ do: 'open', c, person, site: 'club', band })
    return this.connect(c, node).welcome(c, { session: `s-${c}`, isResumed: false })
  }

  connect(c: string, node: number): this {
    this.#latest.set(c, ++this.#connections)
    return this.add({ do: 'connect', c, k: this.#connections, node })
  }

  welcome(c: string, { session = `s-${c}`, isResumed = true, isRestored = false }): this {
    return this.add({ do: 'welcome', c, k: this.#k(c), session, isResumed, isRestored })
  }

  lose(c: string, code = 1006): this {
    return this.add({ do: 'lost', c, k: this.#k(c), code, error: '' })
  }

  ticket(c: string, lobby = ''): this {
    return this.add({ do: 'ticket', c, lobby })
  }

  matched(c: string, partner: string, room: string): this {
    return this.add({ do: 'matched', c, partner, room })
  }

  /** Matches two clients, which have both sent a ticket. */
  match(one: string, other: string, room: string): this {
    this.ticket(one).ticket(other)
    return this.matched(one, other, room).matched(other, one, room)
  }

  write(c: string, room: string, ...numbers: readonly number[]): this {
    for (const n of numbers) {
      this.add({ do: 'text', c, room, n }).add({ do: 'write', c, k: this.#k(c), room, n })
    }
    return this
  }

  heard(c: string, from: string, room: string, ...numbers: readonly number[]): this {
    for (const n of numbers) this.add({ do: 'heard', c, from, room, n })
    return this
  }

  fault(phase: 'begin' | 'end', kind: FaultKind, node = 0): this {
    return this.add({ do: 'fault', id: 1, kind, phase, node })
  }

  #k(c: string): number {
    return this.#latest.get(c) ?? 0
  }
}

/** Returns the names of the rules that the history breaks. */
const broken = ({ entries }: Script): string[] =>
  checkHistory(entries).violations.map(({ rule }) => rule)

const pair = (): Script => new Script().join(0, 'ana').join(1, 'bob').match('ana', 'bob', 'r1')

describe('places', () => {
  test('a client that ends its room before the next one breaks no rule', () => {
    const script = pair().join(0, 'cem').add({ do: 'parted', c: 'bob', reason: 'next' })
    script.ticket('ana').match('ana', 'cem', 'r2')
    expect(broken(script)).toEqual([])
  })

  test('a client is put into a room while it is in another', () => {
    const script = pair().join(0, 'cem').ticket('cem')
    script.matched('ana', 'cem', 'r2').matched('cem', 'ana', 'r2')
    expect(broken(script)).toContain('two rooms')
  })

  test('a client is put into a room with a client that is in another room and receives no match', () => {
    const script = pair().join(0, 'cem').ticket('cem').matched('cem', 'ana', 'r2')
    script.add({ do: 'parted', c: 'cem', reason: 'lost' })
    expect(broken(script)).toEqual(['two rooms'])
  })

  test('a client sends a new ticket before it receives a match, and the answer to the ticket replaces the match', () => {
    for (const answer of ['waiting', 'matched'] as const) {
      const script = new Script().join(0, 'ana', 'bob', 'cem').ticket('ana')
      script.add({ do: 'waiting', c: 'ana' }).ticket('bob').ticket('ana', 'quiet')
      script.matched('bob', 'ana', 'r1').matched('ana', 'bob', 'r1')
      script.add({ do: 'parted', c: 'bob', reason: 'next' })
      if (answer === 'waiting') script.add({ do: 'waiting', c: 'ana' })
      else {
        script.ticket('cem', 'quiet').matched('ana', 'cem', 'r2').matched('cem', 'ana', 'r2')
      }
      expect(broken(script)).toEqual([])
    }
  })

  test('the answers to a search arrive after the client has ended it', () => {
    const script = new Script().join(0, 'ana', 'bob').ticket('ana').lose('ana').ticket('bob')
    script.connect('ana', 1).add({ do: 'error', c: 'ana', code: 'server-full' }).lose('ana')
    script.connect('ana', 2).add({ do: 'leave', c: 'ana' }).welcome('ana', { isRestored: true })
    script.add({ do: 'waiting', c: 'ana' }).matched('bob', 'ana', 'r1').matched('ana', 'bob', 'r1')
    expect(broken(script.add({ do: 'parted', c: 'bob', reason: 'left' }))).toEqual([])
  })

  test('a restored session gets the answers to its former ticket, which first was unavailable', () => {
    const script = new Script().join(0, 'ana').join(1, 'bob').ticket('ana').connect('ana', 2)
    script.ticket('bob').welcome('ana', { isRestored: true }).ticket('ana')
    script.add({ do: 'error', c: 'ana', code: 'unavailable' }).add({ do: 'waiting', c: 'ana' })
    script.matched('bob', 'ana', 'r1').matched('ana', 'bob', 'r1')
    script.add({ do: 'waiting', c: 'ana' }).add({ do: 'parted', c: 'bob', reason: 'next' })
    expect(broken(script)).toEqual([])
  })

  test('a restored session gets the match of an earlier ticket, whose partner has gone on', () => {
    const script = new Script().join(0, 'ana').join(1, 'bob', 'cem').ticket('ana').ticket('bob')
    script.lose('ana').ticket('bob')
    for (let answer = 0; answer < 2; answer++) script.add({ do: 'waiting', c: 'bob' })
    script.ticket('cem').matched('bob', 'cem', 'r2')
    script.matched('cem', 'bob', 'r2').add({ do: 'leave', c: 'ana' }).ticket('ana')
    script.connect('ana', 2).welcome('ana', { isRestored: true }).ticket('ana')
    script.matched('ana', 'bob', 'r1').add({ do: 'parted', c: 'ana', reason: 'next' })
    expect(broken(script.add({ do: 'waiting', c: 'ana' }))).toEqual([])
  })

  test('a ticket that first was unavailable is answered while the client has no connection and sends the next one', () => {
    const script = new Script().join(0, 'ana').join(1, 'bob', 'cem').ticket('ana')
    script.add({ do: 'error', c: 'ana', code: 'unavailable' }).connect('ana', 2).ticket('ana')
    script.ticket('bob').matched('bob', 'ana', 'r1').welcome('ana', {})
    script.add({ do: 'waiting', c: 'ana' }).matched('ana', 'bob', 'r1')
    script.add({ do: 'parted', c: 'bob', reason: 'next' })
    script.add({ do: 'parted', c: 'ana', reason: 'next' }).ticket('cem')
    script.matched('ana', 'cem', 'r2').matched('cem', 'ana', 'r2')
    expect(broken(script)).toEqual([])
  })

  test('a client is put into the queue while it is in a room', () => {
    expect(broken(pair().add({ do: 'waiting', c: 'ana' }))).toContain('two rooms')
  })

  test('a client is put into a room without a ticket', () => {
    const script = new Script().join(0, 'ana', 'bob').ticket('ana')
    expect(broken(script.matched('ana', 'bob', 'r1').matched('bob', 'ana', 'r1'))).toEqual(['room'])
  })

  test('a room has a third client', () => {
    const script = pair().join(0, 'cem').ticket('cem').matched('cem', 'ana', 'r1')
    expect(broken(script)).toContain('two rooms')
  })

  test('a client stays in a room that its partner has left', () => {
    const script = pair().add({ do: 'next', c: 'bob' }).add({ do: 'waiting', c: 'bob' })
    expect(broken(script)).toEqual(['stale room'])
    script.add({ do: 'parted', c: 'ana', reason: 'next' })
    expect(broken(script)).toEqual([])
  })
})

describe('meetings', () => {
  /** Bob's client has sent a block or a report, and a ticket whose answer confirms it. */
  const blocked = (how: 'block' | 'report'): Script => {
    const script = pair().add({ do: how, c: 'bob', room: 'r1' }).ticket('bob')
    return script.add({ do: 'waiting', c: 'bob' }).add({ do: 'parted', c: 'ana', reason: 'left' })
  }

  test.for(['block', 'report'] as const)('two people meet after a %s', (how) => {
    expect(broken(blocked(how).ticket('ana'))).toEqual([])
    const again = blocked(how).ticket('ana').matched('ana', 'bob', 'r2').matched('bob', 'ana', 'r2')
    expect(broken(again)).toEqual(['forbidden meeting'])
  })

  test('a blocked person meets the other one in a second tab', () => {
    const script = blocked('block').joinAs('ana2', { person: 'person ana' }).ticket('ana2')
    script.matched('ana2', 'bob', 'r2').matched('bob', 'ana2', 'r2')
    expect(broken(script)).toEqual(['forbidden meeting'])
  })

  test('a block is not confirmed if the connection was lost before an answer', () => {
    const script = pair().add({ do: 'block', c: 'bob', room: 'r1' }).ticket('bob').lose('bob')
    script.add({ do: 'parted', c: 'ana', reason: 'left' }).connect('bob', 2).welcome('bob', {})
    expect(broken(script.match('ana', 'bob', 'r2'))).toEqual([])
  })

  test('a report does not count if the server has refused it', () => {
    const script = pair().add({ do: 'report', c: 'bob', room: 'r1' }).ticket('bob')
    script.add({ do: 'error', c: 'bob', code: 'unknown-room' }).add({ do: 'waiting', c: 'bob' })
    script.add({ do: 'parted', c: 'ana', reason: 'left' })
    expect(broken(script.match('ana', 'bob', 'r2'))).toEqual([])
  })

  test.for([
    ['while the node of the block is down', 1000, []],
    ['after all nodes could tell Redis again', 20_000, ['forbidden meeting']],
  ] as const)('two people meet after Redis has lost the block, %s', ([, afterMs, rules]) => {
    const script = blocked('block').add({ do: 'fault', id: 2, kind: 'flush', phase: 'begin' })
    script.add({ do: 'fault', id: 2, kind: 'flush', phase: 'end' }).fault('begin', 'kill')
    script.pause(6000).fault('end', 'kill').pause(afterMs)
    script.ticket('ana').matched('ana', 'bob', 'r2').matched('bob', 'ana', 'r2')
    expect(broken(script)).toEqual(rules)
  })

  test('Redis loses a block before the client receives the answer that confirms it', () => {
    const script = pair().add({ do: 'block', c: 'bob', room: 'r1' }).ticket('bob')
    script.add({ do: 'fault', id: 2, kind: 'flush', phase: 'begin' })
    script.add({ do: 'fault', id: 2, kind: 'flush', phase: 'end' })
    script.add({ do: 'waiting', c: 'bob' }).add({ do: 'parted', c: 'ana', reason: 'left' })
    script.ticket('ana').matched('ana', 'bob', 'r2').matched('bob', 'ana', 'r2')
    expect(broken(script)).toEqual([])
  })

  test('two age bands meet', () => {
    const script = new Script().joinAs('ana', { band: '13-17' }).joinAs('bob', {})
    expect(broken(script.match('ana', 'bob', 'r1'))).toEqual(['forbidden meeting'])
  })

  test('two lobbies meet', () => {
    const script = new Script().join(0, 'ana', 'bob').ticket('ana', 'quiet').ticket('bob')
    script.matched('ana', 'bob', 'r1').matched('bob', 'ana', 'r1')
    expect(broken(script)).toEqual(['forbidden meeting'])
  })
})

describe('texts', () => {
  test('texts that arrive in order, each once, break no rule', () => {
    const script = pair().write('ana', 'r1', 1, 2, 3).heard('bob', 'ana', 'r1', 1, 2, 3)
    expect(broken(script)).toEqual([])
  })

  test('a text arrives twice', () => {
    const script = pair().write('ana', 'r1', 1, 2).heard('bob', 'ana', 'r1', 1, 2, 2)
    expect(broken(script)).toEqual(['doubled'])
  })

  test('texts arrive in another order', () => {
    const script = pair().write('ana', 'r1', 1, 2).heard('bob', 'ana', 'r1', 2, 1)
    expect(broken(script)).toEqual(['order'])
  })

  test('a text is missing between two others', () => {
    const script = pair().write('ana', 'r1', 1, 2, 3).heard('bob', 'ana', 'r1', 1, 3)
    expect(broken(script)).toEqual(['lost'])
  })

  test('the last text is missing, although the receiver stayed connected', () => {
    const script = pair().write('ana', 'r1', 1, 2).heard('bob', 'ana', 'r1', 1)
    expect(broken(script.pause(3100).add({ do: 'end' }))).toEqual(['lost'])
  })

  test('the last text is missing, because the receiver or the sender left', () => {
    for (const c of ['ana', 'bob'] as const) {
      const script = pair().write('ana', 'r1', 1).add({ do: 'leave', c })
      script.add({ do: 'parted', c: c === 'ana' ? 'bob' : 'ana', reason: 'left' })
      expect(broken(script.pause(5000).add({ do: 'end' }))).toEqual([])
    }
  })

  test('a text of an earlier search reaches the partner of the latest one', () => {
    const script = new Script()
      .join(0, 'ana', 'bob', 'cem')
      .ticket('ana')
      .ticket('bob')
      .ticket('ana')
    script.matched('bob', 'ana', 'r1').matched('ana', 'bob', 'r1').write('ana', 'r1', 1)
    script.add({ do: 'parted', c: 'bob', reason: 'next' }).ticket('cem')
    script.matched('cem', 'ana', 'r2').heard('cem', 'ana', 'r1', 1).matched('ana', 'cem', 'r2')
    expect(broken(script)).toEqual([])
  })

  test('a text of another room arrives', () => {
    expect(broken(pair().heard('bob', 'ana', 'r0', 1))).toEqual(['wrong room'])
  })

  describe('that are lost by a fault', () => {
    /** Ana's node (0) or Bob's node (1) has a fault; Ana writes text 2 after some time, and it does not arrive. */
    const faulty = (kind: FaultKind, node: number, afterMs: number): Script => {
      const script = pair().write('ana', 'r1', 1).heard('bob', 'ana', 'r1', 1)
      script.fault('begin', kind, node).pause(afterMs).write('ana', 'r1', 2)
      const c = node === 0 ? 'ana' : 'bob'
      script.lose(c).fault('end', kind, node).connect(c, 2).welcome(c, { isRestored: true })
      return script.write('ana', 'r1', 3).heard('bob', 'ana', 'r1', 3)
    }

    test.for([
      ['kill', 0, 100, []],
      ['kill', 0, 1000, ['lost']],
      ['kill', 1, 100, []],
      ['kill', 1, 1000, ['lost']],
      ['kill', 2, 100, ['lost']],
      ['pause', 0, 100, []],
      ['pause', 0, 4000, []],
      ['pause', 1, 2500, []],
      ['pause', 1, 4000, ['lost']],
      ['cut', 0, 3000, []],
      ['cut', 2, 100, ['lost']],
      ['roll', 0, 100, ['lost']],
      ['roll', 1, 100, ['lost']],
      ['drop', 0, 100, ['lost']],
    ] as const)('%s of node %i, %i ms before: %j', ([kind, node, afterMs, rules]) => {
      expect(broken(faulty(kind, node, afterMs))).toEqual(rules)
    })
  })
})

describe('a fault of Redis', () => {
  test.for([
    ['between two nodes', 1, []],
    ['within a node, which does not need Redis', 0, ['lost']],
  ] as const)('loses a text %s', ([, node, rules]) => {
    const script = new Script().join(0, 'ana').join(node, 'bob').match('ana', 'bob', 'r1')
    script.add({ do: 'fault', id: 1, kind: 'redis-loss', phase: 'begin' }).write('ana', 'r1', 1, 2)
    script
      .add({ do: 'fault', id: 1, kind: 'redis-loss', phase: 'end' })
      .heard('bob', 'ana', 'r1', 2)
    expect(broken(script)).toEqual(rules)
  })
})

test('a text is lost at a node without Redis, whose client moves to another node', () => {
  const script = new Script().join(0, 'ana', 'bob').match('ana', 'bob', 'r1')
  script.fault('begin', 'cut').connect('bob', 1).write('ana', 'r1', 1)
  script.welcome('bob', { isRestored: true }).fault('end', 'cut')
  expect(broken(script.write('ana', 'r1', 2).heard('bob', 'ana', 'r1', 2))).toEqual([])
})

describe('sessions', () => {
  test('a session that is resumed, or not, is counted for the fault that was the cause', () => {
    const script = pair().fault('begin', 'kill').lose('ana').connect('ana', 1)
    script.lose('ana').connect('ana', 2).welcome('ana', { isRestored: true })
    script.fault('end', 'kill').pause(6000)
    script.lose('bob').connect('bob', 2).welcome('bob', { session: 'new', isResumed: false })
    const { rows, resumedShare } = checkHistory(script.entries)
    expect(rows.get('kill')?.counts.get('resumed')).toBe(1)
    expect(rows.get('kill')?.faults).toBe(1)
    expect(rows.get('none')?.counts.get('lost sessions')).toBe(1)
    expect(resumedShare).toBe(0.5)
  })

  test('a client loses its connection and gets no answer', () => {
    const script = new Script().join(0, 'ana').lose('ana').connect('ana', 1).lose('ana')
    expect(broken(script.add({ do: 'end' }))).toEqual(['not resumed'])
  })

  test('a client receives `session-taken`, although no other connection has its session', () => {
    const script = new Script().join(0, 'ana').lose('ana', 4508).add({ do: 'end' })
    expect(checkHistory(script.entries).violations).toMatchObject([
      { rule: 'not resumed', text: expect.stringContaining('4508') },
    ])
  })

  test('a client resumes one session and gets another', () => {
    const script = new Script().join(0, 'ana').lose('ana').connect('ana', 1)
    expect(broken(script.welcome('ana', { session: 'of bob' }))).toEqual(['wrong session'])
  })

  test('a client that its user has closed needs no session', () => {
    const script = new Script().join(0, 'ana').add({ do: 'close', c: 'ana' }).lose('ana', 1000)
    expect(broken(script.add({ do: 'end' }))).toEqual([])
  })
})
