// A server that passes on ICE servers unchecked, as one of another make may: it stands in front of a real one.
import type { MessageOf } from '@buddy-chat/protocol'
import { decode, encode, subprotocol } from '@buddy-chat/protocol'
import type { AddressInfo } from 'node:net'
import { WebSocket, WebSocketServer } from 'ws'

type IceServers = MessageOf<'ice-servers'>['iceServers']

export interface OtherIceServers {
  readonly url: string
  /** Sends ICE servers anew to everybody connected. */
  readonly renew: (iceServers: IceServers) => void
  readonly close: () => Promise<void>
}

/** Names `iceServers` to everybody in place of those of the server at `url`. */
export async function nameOtherIceServers(
  url: string,
  iceServers: IceServers,
): Promise<OtherIceServers> {
  const listening = new WebSocketServer({
    port: 0,
    host: '127.0.0.1',
    handleProtocols: () => subprotocol,
  })
  await new Promise((resolve) => listening.once('listening', resolve))
  listening.on('connection', (client, { headers }) => {
    const { origin = '' } = headers
    const server = new WebSocket(`${url.replace('http', 'ws')}/ws`, [subprotocol], { origin })
    const early: Buffer[] = []
    client.on('message', (frame: Buffer) => {
      if (server.readyState === WebSocket.OPEN) server.send(frame)
      else early.push(frame)
    })
    server.on('open', () => {
      for (const frame of early) server.send(frame)
    })
    server.on('message', (frame: Buffer) => {
      const message = decode(new Uint8Array(frame))
      client.send(message?.type === 'welcome' ? encode({ ...message, iceServers }) : frame)
    })
    client.on('close', () => server.close())
    server.on('close', () => client.close())
  })
  return {
    url: `http://127.0.0.1:${(listening.address() as AddressInfo).port}`,
    renew: (renewed) => {
      const frame = encode({ type: 'ice-servers', iceServers: renewed })
      for (const client of listening.clients) client.send(frame)
    },
    close: () => {
      for (const client of listening.clients) client.terminate()
      return new Promise((resolve) => listening.close(() => resolve()))
    },
  }
}
