import { isIPv6 } from 'node:net'
import type { ResolvedServerOptions } from './config/server-settings.ts'

/** The settings that tell where a server listens. */
export type ListeningOptions = Pick<ResolvedServerOptions, 'host' | 'port' | 'tlsCertFile'>

/** Returns the URL by which another process of this machine reaches the server. It does not end in a slash. */
export function localUrl({ host, port, tlsCertFile }: ListeningOptions): string {
  // The name localhost may be missing in an image. A server that listens on all addresses has this one.
  const address = ['0.0.0.0', '::'].includes(host) ? '127.0.0.1' : host
  return `${tlsCertFile ? 'https' : 'http'}://${isIPv6(address) ? `[${address}]` : address}:${port}`
}
