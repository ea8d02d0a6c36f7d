import { isIP } from 'node:net'

/** What serves https to visitors. `none`: nothing, for a trial on this machine. */
export const httpsKinds = ['proxy', 'platform', 'server', 'none'] as const
/** One of {@link httpsKinds}. */
export type HttpsKind = (typeof httpsKinds)[number]

/** What `init` asks. All answers are valid values of settings. */
export interface Answers {
  /** Where visitors reach the server. */
  readonly publicUrl: string
  /** The pages that may connect, as in ALLOWED_ORIGINS. */
  readonly allowedOrigins: readonly string[]
  readonly https: HttpsKind
  /** The certificate and its key, if the server itself serves https. */
  readonly tlsFiles: { readonly certFile: string; readonly keyFile: string } | undefined
  /** The host of the TURN server. Undefined: there is none. */
  readonly turnHost: string | undefined
  readonly hasDashboard: boolean
}

/** The public URL for a server that is tried on this machine. */
export const trialUrl = 'http://localhost:3000'

const isLocal = (host: string): boolean => /^(localhost|127\..*|\[::1\])$/.test(host)

/** Completes what an operator types as the address of the server: a host, a host and port, or a URL. */
export function completeUrl(text: string): string {
  const typed = text.trim()
  if (typed.includes('://')) return typed
  return `${isLocal(typed.replace(/[:/]\d*$/, '')) ? 'http' : 'https'}://${typed}`
}

/** Returns who probably serves https at this URL. */
export const likelyHttps = (publicUrl: string): HttpsKind =>
  publicUrl.startsWith('https:') ? 'proxy' : 'none'

/** Returns a likely name for the TURN server: `turn` beside the server's name, or below a short name. */
export function likelyTurnHost(publicUrl: string): string | undefined {
  const { hostname } = new URL(publicUrl)
  if (isLocal(hostname) || isIP(hostname.replace(/[[\]]/g, '')) > 0) return undefined
  const labels = hostname.split('.')
  return ['turn', ...(labels.length > 2 ? labels.slice(1) : labels)].join('.')
}

/** Returns the URLs by which clients reach a TURN server: over UDP, TCP and TLS. */
export function turnUrlsOf(host: string): readonly string[] {
  const name = isIP(host) === 6 ? `[${host}]` : host
  return [
    `turn:${name}:3478`,
    `turn:${name}:3478?transport=tcp`,
    `turns:${name}:5349?transport=tcp`,
  ]
}
