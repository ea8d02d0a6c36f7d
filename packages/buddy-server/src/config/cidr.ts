import { isIP } from 'node:net'

/**
 * Returns whether `text` is an IP address, or a range of them in CIDR notation. Examples: `192.0.2.1`,
 * `10.0.0.0/8`, `fd00::/8`.
 */
export function isCidr(text: string): boolean {
  const [address = '', prefix, ...rest] = text.split('/')
  const version = isIP(address)
  if (version === 0 || rest.length > 0) return false
  if (prefix === undefined) return true
  return /^\d{1,3}$/.test(prefix) && Number(prefix) <= (version === 4 ? 32 : 128)
}
