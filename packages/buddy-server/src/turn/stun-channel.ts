import { createSocket } from 'node:dgram'
import { connect as connectTcp, isIP } from 'node:net'
import type { Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import type { IceUrlParts } from '../config/ice-url.ts'
import { stunLength } from './stun-message.ts'

/** Where a channel leads. */
export interface StunTarget {
  /** `dtls` is not possible, because Node has none. */
  readonly transport: Exclude<IceUrlParts['transport'], 'dtls'>
  /** The IP address. */
  readonly address: string
  readonly port: number
  /** The name for which a TLS certificate must be valid. */
  readonly serverName: string
}

/** A connection to a STUN or TURN server, which carries whole messages. */
export interface StunChannel {
  /** Whether the transport repeats lost packets itself. */
  readonly isReliable: boolean
  /**
   * The code of OpenSSL or Node for why a client would not trust the server's certificate, such as
   * `CERT_HAS_EXPIRED`. Undefined if it would, or if there is no TLS.
   */
  readonly certificateFault: string | undefined
  send(message: Buffer): void
  close(): void
}

/** What a channel does with what arrives. */
export interface StunHandlers {
  readonly onMessage: (message: Buffer) => void
  /** Called if the channel no longer works. */
  readonly onFailure: (error: Error) => void
}

/**
 * Opens a channel. Rejects with the error of the system if the server does not accept it, and with the reason
 * of `signal` if that is aborted first. A UDP channel opens without an answer of the server. A TLS channel
 * also opens if the certificate is not trusted.
 */
export function openStunChannel(
  target: StunTarget,
  handlers: StunHandlers,
  signal: AbortSignal,
): Promise<StunChannel> {
  return target.transport === 'udp'
    ? openDatagrams(target, handlers)
    : openStream(target, handlers, signal)
}

function openDatagrams(
  { address, port }: StunTarget,
  { onMessage, onFailure }: StunHandlers,
): Promise<StunChannel> {
  const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4')
  return new Promise((resolve, reject) => {
    socket.once('error', reject)
    socket.on('message', onMessage)
    socket.connect(port, address, () => {
      socket.off('error', reject)
      // A closed port is reported by ICMP, as an error of the socket.
      socket.on('error', onFailure)
      resolve({
        isReliable: false,
        certificateFault: undefined,
        send: (message) => socket.send(message),
        close: () => socket.close(),
      })
    })
  })
}

/** Calls `onMessage` for each whole message in a stream. */
function splitter(onMessage: (message: Buffer) => void): (chunk: Buffer) => void {
  let waiting: Buffer = Buffer.alloc(0)
  return (chunk) => {
    waiting = Buffer.concat([waiting, chunk])
    for (;;) {
      const length = stunLength(waiting)
      if (length === undefined || waiting.length < length) return
      onMessage(waiting.subarray(0, length))
      waiting = waiting.subarray(length)
    }
  }
}

function openStream(
  { transport, address, port, serverName }: StunTarget,
  { onMessage, onFailure }: StunHandlers,
  signal: AbortSignal,
): Promise<StunChannel> {
  return new Promise((resolve, reject) => {
    const isTls = transport === 'tls'
    const tls = isTls
      ? connectTls({
          host: address,
          port,
          // TLS does not allow an address as the server's name (RFC 6066 §3). Node compares `host` then.
          ...(isIP(serverName) === 0 && { servername: serverName }),
          rejectUnauthorized: false,
        })
      : undefined
    const socket: Socket = tls ?? connectTcp({ host: address, port })
    const onAbort = (): void => void socket.destroy(signal.reason as Error)
    signal.addEventListener('abort', onAbort, { once: true })
    socket.once('error', reject)
    socket.once('close', () => {
      signal.removeEventListener('abort', onAbort)
      const closed = new Error('the server closed the connection')
      reject(closed)
      onFailure(closed)
    })
    socket.once(isTls ? 'secureConnect' : 'connect', () => {
      socket.on('error', onFailure)
      socket.on('data', splitter(onMessage))
      resolve({
        isReliable: true,
        // Node declares an error, but the value is its code.
        certificateFault: tls?.authorized === false ? String(tls.authorizationError) : undefined,
        send: (message) => void socket.write(message),
        close: () => void socket.destroy(),
      })
    })
  })
}
