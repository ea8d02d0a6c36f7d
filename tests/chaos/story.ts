import type { Entry } from './history.ts'

/** The time that a client was in a room, according to the client. */
export interface Stay {
  readonly c: string
  readonly room: string
  readonly partner: string
  readonly lobby: string
  /** When the client sent the ticket or the next that led to this room, at the earliest. */
  readonly requestedAt: number
  /**
   * Whether the match may belong to an earlier search, which the client has ended or replaced before the match
   * arrived. Then the answer to the later command may replace the room.
   */
  readonly isAmbiguous: boolean
  readonly from: number
  /** Infinity while the stay has not ended. */
  to: number
  /** What ended the stay: a message of the server, the client's own command, or the loss of its session. */
  endedBy: 'parted' | 'itself' | 'lost' | undefined
}

/** One connection of a client. */
export interface Connection {
  readonly k: number
  readonly node: number
  readonly from: number
  /** When the welcome arrived; Infinity if none has. */
  welcomeAt: number
  /** Whether the welcome had `isRestored`: the new node does not have the frames that the client had sent before. */
  isRestored: boolean
  /** Infinity while the connection is open. */
  to: number
}

/** The state of one client after the entries that were read so far. */
export interface ClientStory {
  readonly c: string
  readonly person: string
  readonly site: string
  readonly band: string
  session: string
  lobby: string
  requestedAt: number
  /** When the client sent the ticket or the next before the latest one. */
  formerlyRequestedAt: number
  /** When the client sent the first of the tickets and nexts that have no answer yet. */
  unansweredSince: number
  /** Whether a ticket or a next of the client waits for a match. */
  isSearching: boolean
  /** Whether the server has answered the latest ticket by `unavailable`, so that the final answer follows later. */
  isDeferred: boolean
  /** How many tickets and nexts have no answer yet. */
  unanswered: number
  /** Whether a match may still arrive that the server made before it received the client's latest command. */
  mayCross: boolean
  /** Whether the session was restored, and no answer to a ticket or a next has arrived since. */
  isCatchingUp: boolean
  /** The present room; undefined outside. */
  stay: Stay | undefined
  readonly stays: Stay[]
  readonly connections: Connection[]
  closedAt: number
}

/** Follows each client through the entries of a history. */
export class Story {
  readonly clients = new Map<string, ClientStory>()
  /** The stays in each room, in the order in which they began. */
  readonly rooms = new Map<string, Stay[]>()

  /** @throws Error if the history has no `open` of this client before */
  of(c: string): ClientStory {
    const client = this.clients.get(c)
    if (!client) throw new Error(`the history has no "open" of client ${c}`)
    return client
  }

  connection(c: string, k: number): Connection | undefined {
    return this.of(c).connections.findLast((connection) => connection.k === k)
  }

  /** Returns the client's latest connection with a welcome, at this time. */
  connectionAt(c: string, t: number): Connection | undefined {
    return this.of(c).connections.findLast(({ welcomeAt }) => welcomeAt <= t)
  }

  /** Returns when the client opened the next connection that got a welcome; Infinity if there is none. */
  replacedAt(c: string, { k }: Connection): number {
    const later = this.of(c).connections.filter((other) => other.k > k)
    return later.find(({ welcomeAt }) => welcomeAt !== Infinity)?.from ?? Infinity
  }

  apply(entry: Entry): void {
    switch (entry.do) {
      case 'open':
        this.clients.set(entry.c, {
          c: entry.c,
          person: entry.person,
          site: entry.site,
          band: entry.band,
          session: '',
          lobby: '',
          requestedAt: Infinity,
          formerlyRequestedAt: Infinity,
          unansweredSince: Infinity,
          isSearching: false,
          isDeferred: false,
          unanswered: 0,
          mayCross: false,
          isCatchingUp: false,
          stay: undefined,
          stays: [],
          connections: [],
          closedAt: Infinity,
        })
        break
      case 'connect':
        this.of(entry.c).connections.push({
          k: entry.k,
          node: entry.node,
          from: entry.t,
          welcomeAt: Infinity,
          isRestored: false,
          to: Infinity,
        })
        break
      case 'welcome': {
        const client = this.of(entry.c)
        const connection = this.connection(entry.c, entry.k)
        if (connection) {
          connection.welcomeAt = entry.t
          connection.isRestored = entry.isRestored
        }
        if (!entry.isResumed) {
          this.#endStay(entry.c, entry.t, 'lost')
          client.isSearching = false
          client.mayCross = false
        }
        // A restored session has lost its commands, but the answer to the latest one may be among the missed frames.
        if (!entry.isResumed) client.unanswered = 0
        else if (entry.isRestored) client.unanswered = client.isSearching ? 1 : 0
        client.isCatchingUp = entry.isRestored
        client.session = entry.session
        break
      }
      case 'lost': {
        const connection = this.connection(entry.c, entry.k)
        if (connection) connection.to = entry.t
        break
      }
      case 'ticket':
      case 'next': {
        const client = this.of(entry.c)
        if (client.isSearching) client.mayCross = true
        client.isSearching = true
        // The final answer to an earlier ticket may be among the missed frames.
        const isMissed = client.isDeferred && !this.#isConnected(client)
        if (client.unanswered === 0) {
          client.unansweredSince = isMissed ? client.requestedAt : entry.t
        }
        client.unanswered += isMissed ? 2 : 1
        client.isDeferred = false
        client.formerlyRequestedAt = client.requestedAt
        client.requestedAt = entry.t
        if (entry.do === 'ticket') client.lobby = entry.lobby
        this.#endStay(entry.c, entry.t, 'itself')
        break
      }
      case 'leave': {
        const client = this.of(entry.c)
        if (client.isSearching) client.mayCross = true
        client.isSearching = false
        this.#endStay(entry.c, entry.t, 'itself')
        break
      }
      case 'waiting':
        // After a leave it answers the search that the client has ended, and the match of that search may follow.
        if (this.of(entry.c).isSearching) this.#answer(entry.c)
        this.of(entry.c).isCatchingUp = false
        this.of(entry.c).isDeferred = false
        // The match that has led to the room was made before the ticket that waits now.
        this.#endStay(entry.c, entry.t, 'itself')
        break
      case 'error':
        // The server keeps a ticket that it cannot handle now, and its final answer may be among the missed frames too.
        if (entry.code === 'unavailable' && this.of(entry.c).isCatchingUp) break
        // Before the welcome it refuses the connection, and answers no ticket.
        if (this.of(entry.c).connections.at(-1)?.welcomeAt === Infinity) break
        this.#answer(entry.c)
        if (entry.code === 'unavailable') this.of(entry.c).isDeferred = true
        break
      case 'block':
        if (this.of(entry.c).stay?.room === entry.room) this.#endStay(entry.c, entry.t, 'itself')
        break
      case 'close':
        this.#endStay(entry.c, entry.t, 'itself')
        this.of(entry.c).closedAt = entry.t
        break
      case 'matched':
        this.#beginStay(entry)
        break
      case 'parted':
        this.#endStay(entry.c, entry.t, 'parted')
        break
    }
  }

  #isConnected({ connections }: ClientStory): boolean {
    const latest = connections.at(-1)
    return latest !== undefined && latest.welcomeAt !== Infinity && latest.to === Infinity
  }

  #answer(c: string): void {
    const client = this.of(c)
    client.unanswered = Math.max(0, client.unanswered - 1)
    if (client.unanswered === 0) client.mayCross = false
  }

  #beginStay({ c, room, partner, t }: Entry & { readonly do: 'matched' }): void {
    const client = this.of(c)
    client.isCatchingUp = false
    client.isDeferred = false
    // The client has ended this search.
    if (!client.isSearching && client.mayCross) return
    const isAmbiguous = client.isSearching && client.mayCross
    // This match answers the command that has replaced the earlier search.
    const isSecond = client.stay?.isAmbiguous ?? false
    this.#endStay(c, t, 'itself')
    client.isSearching = isAmbiguous && !isSecond
    if (!client.isSearching) {
      client.mayCross = false
      client.unanswered = 0
    }
    const { lobby, requestedAt, formerlyRequestedAt, unansweredSince } = client
    const stay: Stay = {
      c,
      room,
      partner,
      lobby,
      requestedAt: isAmbiguous ? Math.min(formerlyRequestedAt, unansweredSince) : requestedAt,
      isAmbiguous: client.isSearching,
      from: t,
      to: Infinity,
      endedBy: undefined,
    }
    client.stay = stay
    client.stays.push(stay)
    const others = this.rooms.get(room)
    if (others) others.push(stay)
    else this.rooms.set(room, [stay])
  }

  #endStay(c: string, t: number, by: Stay['endedBy']): void {
    const client = this.of(c)
    if (!client.stay) return
    client.stay.to = t
    client.stay.endedBy = by
    client.stay = undefined
  }
}
