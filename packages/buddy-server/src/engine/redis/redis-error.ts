import type { RedisProblem, RedisTarget } from './redis-url.ts'
import { describeTarget, RedisError } from './redis-url.ts'

/** What Redis has answered, what the operator can do, and the problem in one word. */
const answers: readonly (readonly [RegExp, string, RedisProblem?])[] = [
  [
    /^WRONGPASS/,
    'refuses the user name or the password: correct them in REDIS_URL',
    'wrong-password',
  ],
  [
    /^NOAUTH/,
    'requires a password: add it to REDIS_URL, as in redis://:password@host:6379, or redis://user:password@host:6379 (special characters percent-encoded)',
    'wrong-password',
  ],
  [
    /^ERR AUTH|without any password configured/,
    'has no password, but REDIS_URL has one: remove it, or set one in Redis',
    'wrong-password',
  ],
  [
    /^NOPERM/,
    'does not allow the user of REDIS_URL to do what Buddy needs: give it the rights in docs/redis.md',
    'missing-rights',
  ],
  [
    /unknown (sub)?command '?(FUNCTION|FCALL|SSUBSCRIBE|SPUBLISH|HELLO)/i,
    'is too old, or does not have the functions of Redis: Buddy needs Redis from 7.0, or Valkey',
  ],
  [
    /^MOVED|^CROSSSLOT|^ASK /,
    'is a node of a Redis Cluster: write redis-cluster:// in REDIS_URL instead of redis://',
  ],
  [
    /cluster support disabled/,
    'is not a Redis Cluster: write redis:// in REDIS_URL instead of redis-cluster://',
  ],
  [
    /^CLUSTERDOWN/,
    'is a Redis Cluster in which some slots have no master: repair the cluster',
    'cluster-down',
  ],
  [
    /^READONLY/,
    'is a replica, which accepts no writes: name the master, or its Sentinels',
    'read-only',
  ],
  [
    /^(NOREPLICAS|MASTERDOWN)/,
    'is a replica without its master, or a master without its replicas: repair the replication',
    'read-only',
  ],
  [/DB index is out of range/, 'has no database with this number: change it in REDIS_URL'],
  [/^LOADING/, 'still loads its data: wait until it has finished', 'loading'],
  [/^OOM/, 'is full: raise its maxmemory', 'full'],
  [/^MISCONF/, 'cannot write to its disk: free space there, and read its log', 'disk-failing'],
  [
    /unknown command '?SENTINEL/i,
    'is not a Sentinel: write redis:// in REDIS_URL, or the port of a Sentinel',
  ],
  [/^no such master/, 'is not known to them: use the name that the Sentinels watch'],
  [/^no cluster node/, 'cannot be reached: none of these nodes answers'],
]

const isSilent = 'does not answer in time: look whether it hangs, and read its log'
const hasClosed =
  'closes the connection: if it expects TLS, write rediss:// in REDIS_URL instead of redis://'

const networkFaults: Readonly<Record<string, string>> = {
  ENOTFOUND:
    'cannot be reached, because its name cannot be resolved: correct the host in REDIS_URL',
  EAI_AGAIN: 'cannot be reached, because its name cannot be resolved at present',
  ECONNREFUSED: 'cannot be reached, because nothing listens there: start it, or correct REDIS_URL',
  ECONNRESET: hasClosed,
  EPIPE: 'closes the connection',
  EHOSTUNREACH: 'cannot be reached, because there is no route to it',
  ENETUNREACH: 'cannot be reached, because there is no route to it',
  ETIMEDOUT: isSilent,
  EPROTO: 'does not speak TLS there: write redis:// in REDIS_URL instead of rediss://',
  ERR_SSL_WRONG_VERSION_NUMBER:
    'does not speak TLS there: write redis:// in REDIS_URL instead of rediss://',
  ERR_SSL_PACKET_LENGTH_TOO_LONG:
    'does not speak TLS there: write redis:// in REDIS_URL instead of rediss://',
}

const isCertificateFault = (code: string): boolean =>
  /CERT|UNABLE_TO_|SELF_SIGNED|ERR_TLS/.test(code)

const faultsOfClient: Readonly<Record<string, string>> = {
  ConnectionTimeoutError: isSilent,
  SocketTimeoutError: isSilent,
  TimeoutError: isSilent,
  AbortError: isSilent,
  ClientOfflineError: 'cannot be reached: there is no connection',
  ClientClosedError: 'cannot be reached: there is no connection',
  DisconnectsClientError: 'cannot be reached: there is no connection',
  RootNodesUnavailableError: 'cannot be reached: none of these nodes can be used',
  SocketClosedUnexpectedlyError: networkFaults['ECONNRESET']!,
}

interface Fault {
  readonly text: string
  readonly detail?: string
  readonly problem?: RedisProblem | undefined
}

/**
 * Returns an error that says what is wrong with Redis and what the operator can do. It contains no password.
 * @param hasWorked whether Redis could be used before, so that the URL is right
 */
export function explainRedisError(
  error: unknown,
  target: RedisTarget,
  hasWorked = false,
): RedisError {
  if (error instanceof RedisError) return error
  const { detail = '', problem, ...fault } = faultOf(error)
  // Only before the first connection, the reason may be the scheme of the URL.
  const text = hasWorked && fault.text === hasClosed ? 'has closed the connection' : fault.text
  const options = { cause: error, ...(problem && { problem }) }
  if (target.isTls && !hasWorked && text === isSilent) {
    const hint = 'if it has no TLS, write redis:// in REDIS_URL instead of rediss://'
    return new RedisError(`${describeTarget(target)} does not answer in time: ${hint}`, options)
  }
  return new RedisError(`${describeTarget(target)} ${text}${detail && ` (${detail})`}`, options)
}

const unreachable = (text: string): Fault => ({
  text,
  problem: text === isSilent ? 'silent' : 'unreachable',
})

function faultOf(error: unknown): Fault {
  // A connection to a name with several addresses fails with one error that contains those of all addresses.
  const first = error instanceof AggregateError && error.errors.length > 0 ? error.errors[0] : error
  const { code = '', message = String(first), name = '' } = first as NodeJS.ErrnoException
  const [, answer, problem] = answers.find(([pattern]) => pattern.test(message)) ?? []
  if (answer !== undefined) return { text: answer, detail: message, problem }
  if (networkFaults[code]) return unreachable(networkFaults[code])
  if (isCertificateFault(code)) {
    return {
      text: 'has a TLS certificate that is not trusted: set REDIS_CA_FILE to the certificate of its authority, and use a host name that the certificate contains',
      detail: code,
    }
  }
  const cause = (first as Error | undefined)?.cause
  if (cause instanceof Error) return faultOf(cause)
  const { constructor } = (first ?? {}) as { readonly constructor?: { readonly name: string } }
  const known = faultsOfClient[name] ?? faultsOfClient[constructor?.name ?? '']
  return known === undefined ? { text: `cannot be used: ${message}` } : unreachable(known)
}
