// Frames of a node that has lost a session and does not know it yet.
import { expect, test } from 'vitest'
import type { Room, RoomSeat } from '../room.ts'
import { SessionRoom } from './session-room.ts'
import { withoutStale } from './stored-values.ts'

const seatOf = (sessionId: string): RoomSeat => ({
  sessionId,
  nodeId: 'node',
  name: '',
  subject: undefined,
  personKey: sessionId,
})

const roomOf = (id: string): Room => ({
  id,
  seats: [seatOf('ana'), seatOf('bob')],
  site: '',
  lobby: '',
  mode: 'text',
  openedAtMs: 0,
})

/** Returns the room of Ana, and a function that sends her a frame of Bob with one byte. */
function createRoom() {
  const received: (number | undefined)[] = []
  const room = new SessionRoom(
    { clock: { now: () => 0, after: () => () => undefined }, relay: () => undefined },
    { epoch: 1, deliverFrame: ([byte]) => received.push(byte) },
  )
  room.enter(roomOf('room'), 0, 'other')
  const send = (byte: number, epoch?: number, roomId = 'room'): void =>
    room.handleFrame(['ana', roomId, Uint8Array.of(byte), epoch])
  return { room, received, send }
}

test('a frame that a former node of the partner relays too late is dropped', () => {
  const { received, send } = createRoom()
  send(1, 1)
  send(3, 3)
  // The client wrote it to the former node before it came to the other one.
  send(2, 1)
  send(4, 3)
  expect(received).toEqual([1, 3, 4])
})

test('a late frame of the former node is delivered if the other node has relayed none yet', () => {
  const { received, send } = createRoom()
  send(1, 1)
  send(2, 1)
  send(3, 3)
  expect(received).toEqual([1, 2, 3])
})

test('frames of a server without epochs are delivered', () => {
  const { received, send } = createRoom()
  send(1, 3)
  send(2)
  expect(received).toEqual([1, 2])
})

test('the next partner may have a lower epoch', () => {
  const { room, received, send } = createRoom()
  send(1, 3)
  room.enter(roomOf('next'), 0, 'other')
  send(2, 1, 'next')
  expect(received).toEqual([1, 2])
})

test('frames that were kept lose the late ones of a former node too', () => {
  expect(
    withoutStale([
      [7, 'numbered'],
      [0, 'first', 1],
      [0, 'third', 3],
      [0, 'second', 1],
      [0, 'fourth', 3],
    ]).map(([, frame]) => frame),
  ).toEqual(['numbered', 'first', 'third', 'fourth'])
})
