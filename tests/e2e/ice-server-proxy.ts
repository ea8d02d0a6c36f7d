// A WebSocket proxy in front of a real server. It replaces the ICE servers in `welcome` and does
// not check them, as a server of another vendor might.
import type { MessageOf } from '@buddy-chat/protocol'
import { decode, encode, subprotocol } from '@buddy-chat/protocol'
import type { AddressInfo } from 'node:net'
import { WebSocket, WebSocketServer } from 'ws'

type IceServers = MessageOf<'ice-servers'>['iceServers']

export interface IceServerProxy {
  /** The URL of the server through this proxy. */
  readonly url: string
  /** Sends an `ice-servers` message with these servers to every connected client. */
  readonly renew: (iceServers: IceServers) => void
  readonly close: () => Promise<void>
}

/** Starts a proxy that sends `iceServers` instead of those of the server at `url`. */
export async function startIceServerProxy(
  url: string,
  iceServers: IceServers,
): Promise<IceServerProxy> {
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
