/** The most lines. It is five times what browsers send with all codecs and candidates of many networks. */
const maxLines = 1500
/**
 * The most media sections. A call has two. Clients other than Buddy's may offer a few more, which are
 * rejected. A description with more sections than this is an attack.
 */
const maxSections = 8

interface Guards {
  /** The kinds of media that the call has. The description may contain one section of each. */
  readonly kinds: readonly string[]
  /** Returns whether to keep a candidate line. Called for each candidate line, in order. */
  readonly admitsCandidate: (line: string) => boolean
}

interface GuardedDescription {
  readonly sdp: string
  /** The ICE username fragments. If they change, ICE restarts (RFC 8839 §4.4.1.1.1). */
  readonly ufrag: string
}

/**
 * Matches attributes as browsers write them. Firefox also parses other forms, such as `a=Candidate:` and
 * `a= candidate 1`.
 */
const attribute = /^a=([a-z][a-z0-9-]*)(?::|$)/

/**
 * Attributes that request video in several sizes (RFC 8853). They are removed, because each size needs an
 * encoder of its own, and a call has only one receiver.
 */
const simulcast: ReadonlySet<string> = new Set(['rid', 'simulcast'])

const nameOf = (line: string): string | undefined => attribute.exec(line)?.[1]

/**
 * Returns false for attributes to remove. These include all attributes in forms that this file does not
 * parse, because a browser might parse them.
 */
function isKept(line: string): boolean {
  const name = nameOf(line)
  return !line.startsWith('a=') || (name !== undefined && !simulcast.has(name))
}

/**
 * Reduces a description to the media that the call has. All other sections are rejected, also a second
 * section of the same kind. A rejected section gets port 0, as if the partner had not offered it (RFC 8829
 * §5.3.1). The browser then creates no transceiver, track or data channel for the section and rejects it in
 * the answer.
 * @throws Error if the description is not one that a browser sends; the message names the reason
 */
export function guardDescription(
  sdp: string,
  { kinds, admitsCandidate }: Guards,
): GuardedDescription {
  const lines = sdp.split(/\r\n|\r|\n/).filter((line) => line !== '')
  if (lines.length > maxLines) throw new Error(`the description has more than ${maxLines} lines`)
  // The result is built from the checked lines, so that a browser cannot parse it into other lines.
  // oxlint-disable-next-line no-control-regex -- matching control characters is the point
  if (lines.some((line) => !/^[a-z]=[^\x00-\x1f\x7f]*$/.test(line))) {
    throw new Error('the description has a malformed line')
  }
  const sections: string[][] = [[]]
  for (const line of lines) {
    if (line.startsWith('m=')) sections.push([])
    sections.at(-1)?.push(line)
  }
  if (sections.length - 1 > maxSections) {
    throw new Error(`the description has more than ${maxSections} media sections`)
  }
  const [session = [], ...media] = sections.map((section) =>
    section.filter(
      (line) => isKept(line) && (nameOf(line) !== 'candidate' || admitsCandidate(line)),
    ),
  )
  const open = new Set(kinds)
  const rejectedMids = new Set<string>()
  const guarded = media.map((section) => {
    const [, kind = '', port] = /^m=(\S*) ([^ ]*)/.exec(section[0] ?? '') ?? []
    const isOffered = port !== '0' || section.some((line) => nameOf(line) === 'bundle-only')
    if (!isOffered || open.delete(kind)) return section
    const mid = valueOf(section, 'a=mid:')
    if (mid !== undefined) rejectedMids.add(mid)
    return section
      .filter((line) => nameOf(line) !== 'bundle-only')
      .map((line) => line.replace(/^(m=\S*) [^ ]*/, '$1 0'))
  })
  const head = session.map((line) =>
    line.startsWith('a=group:BUNDLE')
      ? line
          .split(' ')
          .filter((mid) => !rejectedMids.has(mid))
          .join(' ')
      : line,
  )
  const all = [head, ...guarded]
  return {
    sdp: `${all.flat().join('\r\n')}\r\n`,
    ufrag: all.flatMap((section) => valueOf(section, 'a=ice-ufrag:') ?? []).join(' '),
  }
}

const valueOf = (section: readonly string[], attribute: string): string | undefined =>
  section.find((line) => line.startsWith(attribute))?.slice(attribute.length)
