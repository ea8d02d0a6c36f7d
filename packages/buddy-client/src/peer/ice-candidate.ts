// Recognizes the ICE candidates that browsers send. The client drops all others, because they cannot lead
// to a connection, but cost the browser time.

/**
 * Matches the part of the grammar of RFC 8839 §5.1 that browsers use: the RTP components 1 and 2, over UDP
 * or TCP. An address has at most 45 characters, because the longest one is a multicast DNS name. This
 * limit also keeps the checks below fast. Their time grows with the square of the length, and a line may
 * have 60,000 characters.
 */
const grammar =
  /^(?:a=)?candidate:[a-z0-9+/]{1,32} [12] (udp|tcp) \d{1,10} (\S{1,45}) (\d{1,5}) typ (?:host|srflx|prflx|relay)((?: \S+ \S+)*)$/i

/**
 * Matches the name that browsers send in place of a private address
 * (draft-ietf-mmusic-mdns-ice-candidates).
 */
const mdnsName = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\.local$/i

const ipv4 = /^(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)(?:\.|$)){4}$/

/** Returns false for "this network" (0/8), and for multicast, reserved and broadcast addresses (224/3). */
function isIpv4Host(address: string): boolean {
  const first = Number(address.split('.')[0])
  return ipv4.test(address) && !address.endsWith('.') && first > 0 && first < 224
}

/** Returns false for the unspecified address, and for multicast (ff00::/8) and IPv4-mapped addresses. */
function isIpv6Host(address: string): boolean {
  if (!/^[0-9a-f:]*:[0-9a-f:]*$/i.test(address) || !URL.canParse(`http://[${address}]`))
    return false
  return !/^(?:ff..:|0*(?::0*)*$)/i.test(address) && !/^(?:0*:)+ffff:/i.test(address)
}

/**
 * Returns whether this could be a candidate from a browser. Returns false for host names other than
 * multicast DNS names. If the browser resolved such a name, the owner of the domain would learn the user's
 * address.
 * @param line the `candidate` of an `RTCIceCandidateInit`, or an attribute line of a session description;
 * an
 *   empty string means the end of candidates
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

/** Returns whether `text` is an ICE username fragment (RFC 8839 §5.4). */
export const isUfrag = (text: string): boolean => /^[a-z0-9+/]{4,256}$/i.test(text)
