import type { LeaveReason, ReportReason } from '@buddy-chat/protocol'
import type { Clock } from '../../clock.ts'
import type {
  EngineEvent,
  EngineListener,
  EngineSession,
  Handover,
  SessionProfile,
} from '../engine.ts'
import type { RoomClaim } from '../room.ts'
import type { Ticket } from '../ticket.ts'
import type { RedisEngine } from './redis-engine.ts'
import type { RedisSession, ShardArrival } from './redis-session.ts'
import { shardIndexOf } from './shard.ts'

/** The parts of a shard's engine that its sessions use. */
type SessionShard = Pick<RedisEngine, 'isUp' | 'join' | 'addMet' | 'disclaim'>

/** The dependencies that all sessions of a node share. */
export interface ShardedSessionContext {
  readonly clock: Pick<Clock, 'after'>
  readonly shards: readonly SessionShard[]
  /** Called when the session is no longer a session of this node. */
  readonly onGone: (session: ShardedSession) => void
}

/**
 * By how much the epoch increases if a session moves to another shard. More than if its node is declared dead (1), so
 * that the new shard has the session, and less than if another node takes it over (2), so that a node that has lost the
 * session, and does not know it yet, cannot move it.
 */
const epochStep = 1.5

/** How long commands wait until the former shard has ended the session, in milliseconds. That shard may be down. */
const moveTimeoutMs = 1000

/** A session in one shard. */
interface Stay {
  readonly index: number
  readonly session: RedisSession
  /** Whether the Redis of the shard has confirmed that the session has joined. */
  isConfirmed: boolean
}

/**
 * A session of this node. Its commands go to its `RedisSession` in one shard. The session moves to another shard with a
 * ticket for a lobby of that shard: it joins there, and then ends in the former shard. So a node that dies meanwhile
 * leaves it in two shards, never in none. Only when the former shard has confirmed that no other node has the session,
 * the ticket enters.
 */
export class ShardedSession implements EngineSession {
  readonly #context: ShardedSessionContext
  readonly #listener: EngineListener
  /** Whether the session comes from an earlier process and has not claimed its room yet. */
  #isRestored: boolean
  /** Whether the session, with its place, was taken over from another node. */
  readonly #isTakenOver: boolean
  #present: Stay
  /** The former shards where the session has not ended yet, because the present shard has not confirmed it. */
  #former: Stay[] = []
  /** Commands that wait for the end of a move. */
  #queue: (() => void)[] = []
  #isMoving = false
  /** The former stays whose shards must confirm that they have ended before the move ends. */
  readonly #awaited = new Set<Stay>()
  #cancelTimeout: () => void = () => undefined
  /** Whether the session has ended, or is no longer a session of this node. */
  #isGone = false

  /**
   * @param index the shard in which the session begins, or in which this node has taken it over
   * @param isTakenOver whether the session was taken over together with its place
   */
  constructor(
    profile: SessionProfile,
    listener: EngineListener,
    isRestored: boolean,
    { index, isTakenOver }: { readonly index: number; readonly isTakenOver: boolean },
    context: ShardedSessionContext,
  ) {
    this.#context = context
    this.#listener = listener
    this.#isRestored = isRestored
    this.#isTakenOver = isTakenOver
    this.#present = this.#join(index, profile, {})
  }

  get id(): string {
    return this.#present.session.id
  }

  /** The index of the shard that has the session. */
  get shardIndex(): number {
    return this.#present.index
  }

  enter(ticket: Ticket, generation: number, offer?: Uint8Array): void {
    this.#enqueue(() => {
      this.#moveTo(ticket.site, ticket.lobby, generation)
      this.#enqueueFirst(() => this.#present.session.enter(ticket, generation, offer))
    })
  }

  change(ticket: Ticket): void {
    this.#enqueue(() => this.#present.session.change(ticket))
  }

  leave(reason: LeaveReason, generation: number): void {
    this.#enqueue(() => this.#present.session.leave(reason, generation))
  }

  pass(frame: Uint8Array): void {
    // During a move the session is in no room, and the frame is dropped.
    this.#present.session.pass(frame)
  }

  away(): void {
    this.#enqueue(() => this.#present.session.away())
  }

  back(addressKey: string): void {
    this.#enqueue(() => this.#present.session.back(addressKey))
  }

  claimRoom(claim: RoomClaim | undefined, generation: number): void {
    this.#enqueue(() => {
      // The shard that has a session with its place also knows what has become of the room.
      if (!this.#isTakenOver) {
        const { site } = this.#present.session.profile
        if (claim) this.#moveTo(site, claim.lobby, generation)
        this.#disclaim()
      }
      this.#isRestored = false
      this.#enqueueFirst(() => this.#present.session.claimRoom(claim, generation))
    })
  }

  // Blocks do not wait, so that each shard receives them before the next ticket.
  report(roomId: string | null, reason: ReportReason): void {
    this.#present.session.report(roomId, reason)
  }

  block(roomId: string): void {
    this.#present.session.block(roomId)
  }

  welcome(number: number): void {
    for (const { session } of [this.#present, ...this.#former]) session.welcome(number)
  }

  confirmWelcome(): void {
    for (const { session } of [this.#present, ...this.#former]) session.confirmWelcome()
  }

  keep(frames: readonly Uint8Array[], sentBefore: number): void {
    this.#enqueue(() => this.#present.session.keep(frames, sentBefore))
  }

  release(handover: Handover): void {
    this.#leaveNode()
    const former = this.#former.splice(0)
    // A shard that has not confirmed the session may never receive it. Then the shard before releases the session.
    const latest = this.#present.isConfirmed ? undefined : former.pop()
    for (const stay of former) this.#depart(stay)
    if (latest) this.#giveUp(this.#present)
    ;(latest ?? this.#present).session.release(handover)
  }

  end(reason: LeaveReason): void {
    this.#leaveNode()
    for (const stay of this.#former.splice(0)) this.#depart(stay)
    this.#present.session.end(reason)
  }

  /** Calls the function now, or after the present move. */
  #enqueue(act: () => void): void {
    this.#queue.push(act)
    this.#run()
  }

  /** Calls the function now, or after the move that has just begun, before the functions that wait already. */
  #enqueueFirst(act: () => void): void {
    this.#queue.unshift(act)
    this.#run()
  }

  #run(): void {
    while (!this.#isMoving && this.#queue.length > 0) this.#queue.shift()!()
  }

  #moveTo(site: string, lobby: string, generation: number): void {
    const index = shardIndexOf(site, lobby, this.#context.shards.length)
    const from = this.#present
    if (from.index === index) return
    // The partner does not wait for the move.
    if (from.session.mayHavePlace) from.session.leave('next', generation)
    // The session may come back to a shard in which it has not ended yet.
    const again = this.#former.find((stay) => stay.index === index)
    again?.session.abandon()
    this.#former = [...this.#former.filter((stay) => stay !== again), from]
    this.#isMoving = true
    const { profile, isAway, encounters } = from.session
    this.#cancelTimeout = this.#context.clock.after(moveTimeoutMs, () => this.#finishMove())
    const arrival = from.session.departure
    this.#present = this.#join(index, profile, { ...arrival, epoch: arrival.epoch + epochStep })
    const shard = this.#context.shards[index]!
    if (encounters) shard.addMet(profile.personKey, encounters)
    if (isAway) this.#present.session.away()
    // The session joins when Redis answers again. Until then it stays in the former shard too.
    // The caller runs the command that moves the session next, so the queue does not run here.
    if (!shard.isUp) this.#endMove()
  }

  #join(index: number, profile: SessionProfile, arrival: Omit<ShardArrival, 'onJoined'>): Stay {
    let stay: Stay | undefined
    const isPresent = (): boolean => !this.#isGone && stay !== undefined && this.#present === stay
    const listener: EngineListener = {
      handleEvent: (event) => {
        if (isTimeless(event) || isPresent()) this.#listener.handleEvent(event)
      },
      handleTaken: (welcomes) => this.#handleTaken(stay!, welcomes),
    }
    const onJoined = (isConfirmed: boolean): void => {
      if (isPresent()) this.#handleJoined(isConfirmed)
    }
    const session = this.#context.shards[index]!.join(profile, listener, this.#isRestored, {
      ...arrival,
      onJoined,
    })
    return (stay = { index, session, isConfirmed: false })
  }

  #handleJoined(isConfirmed: boolean): void {
    if (isConfirmed) this.#present.isConfirmed = true
    const former = isConfirmed ? this.#former.splice(0) : []
    const { shards } = this.#context
    for (const stay of former) if (shards[stay.index]!.isUp) this.#awaited.add(stay)
    for (const stay of former) {
      this.#depart(stay, () => {
        if (this.#awaited.delete(stay) && this.#awaited.size === 0) this.#finishMove()
      })
    }
    if (this.#awaited.size === 0) this.#finishMove()
  }

  #finishMove(): void {
    this.#endMove()
    this.#run()
  }

  #endMove(): void {
    this.#cancelTimeout()
    this.#awaited.clear()
    this.#isMoving = false
  }

  #depart({ session }: Stay, onDeparted: () => void = () => undefined): void {
    session.depart('next', (isLost) => {
      if (this.#isGone) return
      if (isLost) this.#handleLost()
      else onDeparted()
    })
  }

  /** Ends the session in a shard, because it continues in another one, perhaps at another node. */
  #giveUp({ session }: Stay): void {
    session.depart('lost', () => undefined)
  }

  /** Another node already had the session when this node moved it. */
  #handleLost(): void {
    this.#leaveNode()
    this.#giveUp(this.#present)
    this.#listener.handleTaken?.(0)
  }

  /** Another node takes the session over from this shard. */
  #handleTaken(stay: Stay, welcomes: number): Handover {
    this.#leaveNode()
    for (const other of this.#former.splice(0)) if (other !== stay) this.#depart(other)
    if (this.#present !== stay) this.#giveUp(this.#present)
    return this.#listener.handleTaken?.(welcomes) ?? { frames: [], sentBefore: 0, received: 0 }
  }

  /** Notifies the other shards that this session claims no room there. */
  #disclaim(): void {
    for (const [index, shard] of this.#context.shards.entries()) {
      if (index !== this.#present.index) shard.disclaim(this.id)
    }
  }

  #leaveNode(): void {
    this.#isGone = true
    this.#cancelTimeout()
    this.#queue = []
    this.#context.onGone(this)
  }
}

/** Whether the client receives an event even if the session has moved or ended meanwhile. */
function isTimeless({ type }: EngineEvent): boolean {
  return type === 'reported' || type === 'blocked'
}
