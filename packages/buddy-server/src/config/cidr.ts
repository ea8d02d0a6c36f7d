import { isIP } from 'node:net'

/** Whether `text` is an address or a range in CIDR notation: `10.0.0.0/8`, `fd00::/8`, `192.0.2.1`. */
export function isCidr(text: string): boolean {
  const [address = '', prefix, ...rest] = text.split('/')
  const version = isIP(address)
  if (version === 0 || rest.length > 0) return false
  if (prefix === undefined) return true
  return /^\d{1,3}$/.test(prefix) && Number(prefix) <= (version === 4 ? 32 : 128)
}
