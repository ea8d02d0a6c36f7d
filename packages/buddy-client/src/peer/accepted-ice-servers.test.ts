import { expect, test } from 'vitest'
import { acceptIceServers } from './accepted-ice-servers.ts'

/**
 * A fake browser that refuses some URLs, or every connection if `isOff` is true. Records the URLs of each
 * attempt (`tried`) and the connections that are open.
 */
function browser(refuses: (url: string) => boolean, isOff = false) {
  const open = new Set<object>()
  const tried: string[] = []
  const createConnection = ({ iceServers = [] }: RTCConfiguration): RTCPeerConnection => {
    const urls = iceServers.flatMap((server) => server.urls)
    tried.push(urls.join(' '))
    if (isOff || urls.some(refuses)) throw new SyntaxError('refused')
    const connection = { close: () => open.delete(connection) }
    open.add(connection)
    return connection as unknown as RTCPeerConnection
  }
  return { open, tried, createConnection }
}

const turn = { urls: ['turn:a', 'turn://b', 'turns:c'], username: 'u', credential: 'c' }

test('keeps a list that the browser accepts, and needs only one connection to test it', () => {
  const { open, tried, createConnection } = browser(() => false)
  const servers = [{ urls: 'stun:s' }, turn]
  expect(acceptIceServers(servers, createConnection)).toEqual({ accepted: servers, refused: [] })
  expect(tried).toEqual(['stun:s turn:a turn://b turns:c'])
  expect(open.size).toBe(0)
})

test('removes refused URLs from their servers, and servers whose URLs are all refused', () => {
  const { open, createConnection } = browser((url) => url.includes('//'))
  const servers = [{ urls: 'stun://s' }, turn, { urls: ['stun:s'] }]
  expect(acceptIceServers(servers, createConnection)).toEqual({
    accepted: [{ ...turn, urls: ['turn:a', 'turns:c'] }, { urls: ['stun:s'] }],
    refused: ['stun://s', 'turn://b'],
  })
  expect(open.size).toBe(0)
})

test('removes no URL if the browser cannot create any connection', () => {
  const { createConnection } = browser(() => true, true)
  expect(acceptIceServers([turn], createConnection)).toEqual({ accepted: [turn], refused: [] })
})

test('omits user name and password from a refused URL', () => {
  const { createConnection } = browser((url) => url.includes('@'))
  const servers = [{ urls: 'turn:ana:secret@h' }]
  expect(acceptIceServers(servers, createConnection).refused).toEqual(['turn:…@h'])
})
