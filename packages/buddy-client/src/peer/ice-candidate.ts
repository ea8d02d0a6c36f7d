// Recognizes the ICE candidates that browsers send. Others are dropped, because they can lead to no
// connection and cost the receiving browser work.

/**
 * The part of RFC 8839 §5.1 that browsers use: the components of RTP, and UDP and TCP. The longest
 * address is a multicast DNS name. The length limit also keeps the checks below fast, because they take
 * time that grows with the square of the length, and a line may have 60,000 characters.
 */
const grammar =
  /^(?:a=)?candidate:[a-z0-9+/]{1,32} [12] (udp|tcp) \d{1,10} (\S{1,45}) (\d{1,5}) typ (?:host|srflx|prflx|relay)((?: \S+ \S+)*)$/i

/** The name that browsers send instead of a private address (draft-ietf-mmusic-mdns-ice-candidates). */
const mdnsName = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\.local$/i

const ipv4 = /^(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)(?:\.|$)){4}$/

/** Excludes "this network" (0/8), and multicast, reserved and broadcast addresses (224/3). */
function isIpv4Host(address: string): boolean {
  const first = Number(address.split('.')[0])
  return ipv4.test(address) && !address.endsWith('.') && first > 0 && first < 224
}

/** Excludes the unspecified address, multicast (ff00::/8) and IPv4-mapped addresses. */
function isIpv6Host(address: string): boolean {
  if (!/^[0-9a-f:]*:[0-9a-f:]*$/i.test(address) || !URL.canParse(`http://[${address}]`))
    return false
  return !/^(?:ff..:|0*(?::0*)*$)/i.test(address) && !/^(?:0*:)+ffff:/i.test(address)
}

/**
 * Whether this could be a candidate from a browser. Host names other than multicast DNS names are
 * refused, because the owner of a domain sees who resolves it and would learn the user's address.
 * @param line as in `RTCIceCandidateInit.candidate`, or an attribute of a session description; the
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

/** RFC 8839 §5.4. */
export const isUfrag = (text: string): boolean => /^[a-z0-9+/]{4,256}$/i.test(text)
