// Which candidates a browser sends. All others cost the browser that takes them, and lead nowhere.

/**
 * RFC 8839 §5.1, as far as browsers use it: components of RTP, and the transports they have. The longest
 * address is a name of multicast DNS. The bound also keeps the checks below fast: a line may have 60,000
 * characters, and such a check takes a time that grows with the square of the length.
 */
const grammar =
  /^(?:a=)?candidate:[a-z0-9+/]{1,32} [12] (udp|tcp) \d{1,10} (\S{1,45}) (\d{1,5}) typ (?:host|srflx|prflx|relay)((?: \S+ \S+)*)$/i

/** What browsers put in place of a private address (draft-ietf-mmusic-mdns-ice-candidates). */
const mdnsName = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\.local$/i

const ipv4 = /^(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)(?:\.|$)){4}$/

/** Not in "this network" (0/8), not multicast or reserved (224/3), so no broadcast either. */
function isIpv4Host(address: string): boolean {
  const first = Number(address.split('.')[0])
  return ipv4.test(address) && !address.endsWith('.') && first > 0 && first < 224
}

/** Not unspecified, not multicast (ff00::/8), no IPv4 address in disguise. */
function isIpv6Host(address: string): boolean {
  if (!/^[0-9a-f:]*:[0-9a-f:]*$/i.test(address) || !URL.canParse(`http://[${address}]`))
    return false
  return !/^(?:ff..:|0*(?::0*)*$)/i.test(address) && !/^(?:0*:)+ffff:/i.test(address)
}

/**
 * Whether a browser may have made this candidate. Host names are refused, except those of multicast DNS:
 * the owner of a name sees who looks it up, and so would learn the visitor's address.
 * @param line as in `RTCIceCandidateInit.candidate`, or an attribute of a session description; empty is
 *   the end of candidates
 */
export function isBrowserCandidate(line: string): boolean {
  if (line === '') return true
  const [, transport = '', address = '', port, extensions = ''] = grammar.exec(line) ?? []
  if (port === undefined || Number(port) < 1 || Number(port) > 65_535) return false
  if (/^tcp$/i.test(transport) && !/ tcptype (?:active|passive|so)(?: |$)/i.test(extensions)) {
    return false
  }
  return mdnsName.test(address) || isIpv4Host(address) || isIpv6Host(address)
}

/** RFC 8839 §5.4. */
export const isUfrag = (text: string): boolean => /^[a-z0-9+/]{4,256}$/i.test(text)
