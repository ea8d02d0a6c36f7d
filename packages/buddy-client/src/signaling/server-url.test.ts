import { expect, test } from 'vitest'
import { BuddyError } from '../errors.ts'
import { socketUrl } from './server-url.ts'

test.each([
  ['https://chat.example', 'wss://chat.example/ws'],
  ['http://localhost:3000/', 'ws://localhost:3000/ws'],
  ['https://site.example/buddy/?a#b', 'wss://site.example/buddy/ws'],
  ['wss://chat.example/other', 'wss://chat.example/other'],
  ['/chat', 'wss://page.example/chat/ws'],
])('%s is %s', (server, expected) => {
  expect(socketUrl(server, 'https://page.example/some/page')).toBe(expected)
})

test.each(['ftp://chat.example', 'chat.example', 'http://'])('%s is refused by name', (server) => {
  expect(() => socketUrl(server, undefined)).toThrow(BuddyError)
  expect(() => socketUrl(server, undefined)).toThrow(/server/)
})
