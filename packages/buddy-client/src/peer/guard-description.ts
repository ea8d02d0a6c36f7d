/** Five times what browsers send with all their codecs and with candidates of many networks. */
const maxLines = 1500
/** A call has two. A foreign client may offer a few more, which are rejected; more than this is an attack. */
const maxSections = 8

interface Guards {
  /** Kinds of media that the call has, one section for each. */
  readonly kinds: readonly string[]
  /** Returns whether to keep a candidate line. Called for each candidate line, in order. */
  readonly admitsCandidate: (line: string) => boolean
}

interface GuardedDescription {
  readonly sdp: string
  /** The ICE username fragments. A change means an ICE restart (RFC 8839 §4.4.1.1.1). */
  readonly ufrag: string
}

/** An attribute as browsers write it. Firefox also accepts other forms, such as `a=Candidate:` and `a= candidate 1`. */
const attribute = /^a=([a-z][a-z0-9-]*)(?::|$)/

/** Attributes that request video in several sizes (RFC 8853). Each size costs an encoder, and a call has only one receiver. */
const simulcast: ReadonlySet<string> = new Set(['rid', 'simulcast'])

const nameOf = (line: string): string | undefined => attribute.exec(line)?.[1]

/** False for attributes to remove. That includes any in a form that this file does not parse, because a browser might. */
function isKept(line: string): boolean {
  const name = nameOf(line)
  return !line.startsWith('a=') || (name !== undefined && !simulcast.has(name))
}

/**
 * Reduces a description to the media that the call has. All sections except the first of each kind are
 * rejected: their port becomes 0, which means media that the partner does not offer (RFC 8829 §5.3.1).
 * The browser then creates no transceiver, track or data channel for them and rejects them in its answer.
 * @throws Error if the description is not one that a browser sends; the message names the reason
 */
export function guardDescription(
  sdp: string,
  { kinds, admitsCandidate }: Guards,
): GuardedDescription {
  const lines = sdp.split(/\r\n|\r|\n/).filter((line) => line !== '')
  if (lines.length > maxLines) throw new Error(`the description has more than ${maxLines} lines`)
  // The result is rebuilt from these lines, so that browsers see the same structure as this check.
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
