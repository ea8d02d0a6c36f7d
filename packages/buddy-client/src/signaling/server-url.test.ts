import { expect, test } from 'vitest'
import { serverFileUrl, socketUrl } from './server-url.ts'

const httpsPage = 'https://page.example/some/page'
const httpPage = 'http://localhost:5173/some/page'

test.each([
  ['https://chat.example', 'wss://chat.example/ws'],
  ['https://site.example/buddy/?a#b', 'wss://site.example/buddy/ws'],
  ['wss://chat.example/other', 'wss://chat.example/other'],
  ['wss://chat.example/other?key=1', 'wss://chat.example/other?key=1'],
  ['/chat', 'wss://page.example/chat/ws'],
  ['./chat', 'wss://page.example/some/chat/ws'],
  ['../chat', 'wss://page.example/chat/ws'],
  ['chat', 'wss://page.example/some/chat/ws'],
])('converts %s to %s', (server, expected) => {
  expect(socketUrl(server, httpsPage)).toBe(expected)
})

test.each([
  ['without a scheme', 'chat.example', 'wss://chat.example/ws'],
  ['without a scheme, with a path', 'chat.example/buddy', 'wss://chat.example/buddy/ws'],
  ['without a scheme, with a port', 'chat.example:8443', 'wss://chat.example:8443/ws'],
  ['without a scheme, localhost', 'localhost:3000', 'ws://localhost:3000/ws'],
  ['without a scheme, IPv4 loopback', '127.0.0.1:3000', 'ws://127.0.0.1:3000/ws'],
  ['without a scheme, IPv6 loopback', '[::1]:3000', 'ws://[::1]:3000/ws'],
  ['without a scheme, with two slashes', '//chat.example', 'wss://chat.example/ws'],
  ['with one slash', 'https:/chat.example', 'wss://chat.example/ws'],
  ['without slashes', 'https:chat.example', 'wss://chat.example/ws'],
  ['with three slashes', 'https:///chat.example', 'wss://chat.example/ws'],
  ['in upper case', 'HTTPS://Chat.Example', 'wss://chat.example/ws'],
  ['between spaces', ' https://chat.example\n', 'wss://chat.example/ws'],
  ['with wss but without /ws', 'wss://chat.example', 'wss://chat.example/ws'],
  ['with wss and a port', 'wss://chat.example:8443/', 'wss://chat.example:8443/ws'],
  ['with wss and a folder', 'wss://chat.example/buddy/', 'wss://chat.example/buddy/ws'],
  ['with wss and a fragment', 'wss://chat.example/ws#top', 'wss://chat.example/ws'],
  ['with https and /ws', 'https://chat.example/ws', 'wss://chat.example/ws'],
  ['with https and /ws/', 'https://chat.example/buddy/ws/', 'wss://chat.example/buddy/ws'],
  ['with two slashes at the end', 'https://chat.example//', 'wss://chat.example/ws'],
  [
    'with two slashes at the end of a path',
    'https://chat.example/buddy//',
    'wss://chat.example/buddy/ws',
  ],
  ['of the script', 'https://chat.example/buddy/buddy-chat.js?v=2', 'wss://chat.example/buddy/ws'],
])('accepts an address %s, and converts %j to %s', (_, server, expected) => {
  expect(socketUrl(server, httpsPage)).toBe(expected)
})

test.each([
  ['chat.example', 'wss://chat.example/ws'],
  ['192.168.1.5:3000', 'ws://192.168.1.5:3000/ws'],
  ['localhost:3000', 'ws://localhost:3000/ws'],
])('converts %s without a scheme to %s on an http page', (server, expected) => {
  expect(socketUrl(server, httpPage)).toBe(expected)
})

test.each([
  ['chat.example', 'wss://chat.example/ws'],
  ['localhost:3000', 'ws://localhost:3000/ws'],
])('converts %s to %s in an environment without a page', (server, expected) => {
  expect(socketUrl(server, undefined)).toBe(expected)
})

test.each([
  ['ftp://chat.example', httpsPage],
  ['http://', httpsPage],
  ['https://chat.example:99999', httpsPage],
  ['chat.example:99999', httpsPage],
  ['/chat', undefined],
  ['/chat', 'file:///home/ana/page.html'],
])('refuses %j on a page at %s with `invalid-options`, and names the option', (server, base) => {
  expect(() => socketUrl(server, base)).toThrow(
    expect.objectContaining({ code: 'invalid-options', message: expect.stringMatching(/^server/) }),
  )
})

test.each(['ws://chat.example', 'http://chat.example:3000'])(
  'refuses %s with `insecure-server` on an https page, but accepts a server on localhost',
  (server) => {
    expect(() => socketUrl(server, httpsPage)).toThrow(
      expect.objectContaining({ code: 'insecure-server' }),
    )
    expect(socketUrl(server, httpPage)).toMatch(/^ws:/)
    expect(socketUrl('http://localhost:3000', httpsPage)).toBe('ws://localhost:3000/ws')
  },
)

test('refuses an empty address with `server-missing`, on every page', () => {
  for (const base of [httpsPage, undefined, 'about:srcdoc', 'file:///home/ana/page.html']) {
    expect(() => socketUrl('', base)).toThrow(
      expect.objectContaining({
        code: 'server-missing',
        message: expect.stringMatching(/^server/),
      }),
    )
  }
})

test.each([
  ['https://chat.example', 'https://chat.example/buddy-guard.js'],
  ['https://site.example/buddy/', 'https://site.example/buddy/buddy-guard.js'],
  ['wss://chat.example/other?key=1', 'https://chat.example/buddy-guard.js'],
  ['localhost:3000', 'http://localhost:3000/buddy-guard.js'],
  ['', 'https://page.example/buddy-guard.js'],
])('of the server %s, the address of a file is %s', (server, expected) => {
  expect(serverFileUrl(server, 'buddy-guard.js', httpsPage)).toBe(expected)
})
