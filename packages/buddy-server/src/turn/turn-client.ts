import { createHash, randomBytes } from 'node:crypto'
import type { IceCredentials } from '../sites/ice-credentials.ts'
import type { StunTarget } from './stun-channel.ts'
import { openStunChannel } from './stun-channel.ts'
import type { StunAttribute, StunMessage } from './stun-message.ts'
import {
  decodeStun,
  decodeXorAddress,
  encodeRequest,
  encodeXorAddress,
  faultIn,
  hasIntegrity,
  stunAttributes,
  stunMethods,
} from './stun-message.ts'

/** Thrown if a server answers a request with an error, or with something that is no answer to it. */
export class TurnRefusal extends Error {
  override readonly name = 'TurnRefusal'
  /** The code, such as 401 (credentials not accepted) or 403 (peer not allowed). 0 if there is none. */
  readonly code: number
  /** The attributes of the error response. */
  readonly attributes: ReadonlyMap<number, Buffer>

  constructor(code: number, reason: string, attributes: ReadonlyMap<number, Buffer> = new Map()) {
    super(`${code} ${reason}`.trim())
    this.code = code
    this.attributes = attributes
  }
}

/** An address and a port. */
interface Endpoint {
  readonly address: string
  readonly port: number
}

/** An allocation of a TURN server. */
export interface Allocation {
  /** Where peers send to. */
  readonly relayed: Endpoint
  /** Where the TURN server sees this client. */
  readonly mapped: Endpoint
  /** Whether the server makes allocations for everyone, without credentials. */
  readonly isOpenToAll: boolean
}

/** A client of one STUN or TURN server. Every method rejects if the client's signal is aborted. */
export interface TurnClient {
  /** See {@link StunChannel.certificateFault}. */
  readonly certificateFault: string | undefined
  /** Returns where the server sees this client. */
  binding(): Promise<Endpoint>
  /**
   * Makes the client's allocation.
   * @param family the family of the relayed address
   * @throws TurnRefusal
   */
  allocate(credentials: IceCredentials, family: 4 | 6): Promise<Allocation>
  /**
   * Asks for the permission to exchange data with a peer, after `allocate`.
   * @throws TurnRefusal with code 403 if the server does not relay to this address
   */
  permit(address: string): Promise<void>
  /** Ends the allocation. */
  release(): Promise<void>
  close(): void
}

/** The first wait for an answer over UDP. Each later wait is twice as long (RFC 8489 §6.2.1). */
const firstRetryMs = 500
/** UDP, as the value of REQUESTED-TRANSPORT. */
const udp = Buffer.from([17, 0, 0, 0])

interface Answer {
  readonly message: StunMessage
  readonly bytes: Buffer
}

interface Waiting {
  readonly resolve: (answer: Answer) => void
  readonly reject: (error: unknown) => void
}

/**
 * Opens a client. Rejects with the error of the system if the server cannot be reached.
 * @param signal when aborted, every method rejects with its reason, and so does this function if it is aborted
 *   already
 * @param onData receives what peers send to the relayed address
 */
export async function openTurnClient(
  target: StunTarget,
  signal: AbortSignal,
  onData: (data: Buffer) => void = () => undefined,
): Promise<TurnClient> {
  // A signal that is aborted already sends no event, so requests over UDP would be repeated for ever.
  signal.throwIfAborted()
  const waiting = new Map<string, Waiting>()
  let failure: unknown
  const fail = (error: unknown): void => {
    failure ??= error
    for (const { reject } of waiting.values()) reject(failure)
    waiting.clear()
  }
  const onAbort = (): void => fail(signal.reason)
  signal.addEventListener('abort', onAbort, { once: true })

  const channel = await openStunChannel(
    target,
    {
      onMessage: (bytes) => {
        const message = decodeStun(bytes)
        if (message?.method === stunMethods.data && message.kind === 'indication') {
          onData(message.attributes.get(stunAttributes.data) ?? Buffer.alloc(0))
        }
        if (message?.kind !== 'success' && message?.kind !== 'error') return
        waiting.get(message.transactionId.toString('hex'))?.resolve({ message, bytes })
      },
      onFailure: fail,
    },
    signal,
  )

  /** Sends a request, over UDP again and again, and resolves with its response. */
  async function exchange(
    method: number,
    attributes: readonly StunAttribute[],
    transactionId: Buffer,
    key?: Buffer,
  ): Promise<StunMessage> {
    const request = encodeRequest(method, transactionId, attributes, key)
    const id = transactionId.toString('hex')
    let timer: NodeJS.Timeout | undefined
    const sendEvery = (delayMs: number): void => {
      channel.send(request)
      if (!channel.isReliable) timer = setTimeout(sendEvery, delayMs, delayMs * 2)
    }
    try {
      const { message, bytes } = await new Promise<Answer>((resolve, reject) => {
        if (failure !== undefined) return reject(failure)
        waiting.set(id, { resolve, reject })
        sendEvery(firstRetryMs)
      })
      if (message.kind === 'error') {
        const fault = faultIn(message)
        throw new TurnRefusal(fault?.code ?? 0, fault?.reason ?? '', message.attributes)
      }
      if (key && !hasIntegrity(bytes, key)) {
        throw new TurnRefusal(0, 'the answer is not signed with the password')
      }
      return message
    } finally {
      clearTimeout(timer)
      waiting.delete(id)
    }
  }

  let credentials: IceCredentials | undefined
  /** The realm and nonce that the server has sent last. */
  let challenge: readonly StunAttribute[] | undefined

  /** Sends a request with credentials. Begins again once if the server sends a new nonce. */
  async function ask(
    method: number,
    attributesFor: (transactionId: Buffer) => readonly StunAttribute[],
    mayRetry = true,
  ): Promise<StunMessage> {
    const transactionId = randomBytes(12)
    const attributes = attributesFor(transactionId)
    const login =
      credentials && challenge
        ? [[stunAttributes.username, Buffer.from(credentials.username)] as const, ...challenge]
        : []
    const realm = challenge?.[0]?.[1].toString() ?? ''
    const key = login.length > 0 ? longTermKey(credentials, realm) : undefined
    try {
      return await exchange(method, [...attributes, ...login], transactionId, key)
    } catch (error) {
      if (!(error instanceof TurnRefusal) || !mayRetry) throw error
      const isFirst = error.code === 401 && challenge === undefined
      if (!isFirst && error.code !== 438) throw error
      const { attributes: given } = error
      const next = [stunAttributes.realm, stunAttributes.nonce] as const
      if (!next.every((type) => given.has(type))) throw error
      challenge = next.map((type) => [type, given.get(type) ?? Buffer.alloc(0)])
      return ask(method, attributesFor, isFirst)
    }
  }

  return {
    certificateFault: channel.certificateFault,
    binding: async () => {
      const answer = await exchange(stunMethods.binding, [], randomBytes(12))
      return endpointIn(answer, stunAttributes.xorMappedAddress)
    },
    allocate: async (given, family) => {
      credentials = given
      const answer = await ask(stunMethods.allocate, () => [
        [stunAttributes.requestedTransport, udp],
        ...(family === 6
          ? [[stunAttributes.requestedAddressFamily, Buffer.from([2, 0, 0, 0])] as const]
          : []),
      ])
      return {
        relayed: endpointIn(answer, stunAttributes.xorRelayedAddress),
        mapped: endpointIn(answer, stunAttributes.xorMappedAddress),
        isOpenToAll: challenge === undefined,
      }
    },
    permit: async (address) => {
      await ask(stunMethods.createPermission, (transactionId) => [
        [stunAttributes.xorPeerAddress, encodeXorAddress(address, 0, transactionId)],
      ])
    },
    release: async () => {
      await ask(stunMethods.refresh, () => [[stunAttributes.lifetime, Buffer.alloc(4)]])
    },
    close: () => {
      signal.removeEventListener('abort', onAbort)
      fail(new Error('the client is closed'))
      channel.close()
    },
  }
}

/** The key of a long-term credential (RFC 8489 §9.2.2). */
function longTermKey(credentials: IceCredentials | undefined, realm: string): Buffer {
  const { username = '', credential = '' } = credentials ?? {}
  return createHash('md5').update(`${username}:${realm}:${credential}`).digest()
}

function endpointIn({ attributes, transactionId }: StunMessage, type: number): Endpoint {
  const endpoint = decodeXorAddress(attributes.get(type), transactionId)
  if (!endpoint) throw new TurnRefusal(0, 'the answer contains no address')
  return endpoint
}
