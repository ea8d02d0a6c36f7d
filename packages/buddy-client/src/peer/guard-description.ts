/** Five times what browsers send, with every codec they have and candidates of many networks. */
const maxLines = 1500
/** A call has two. A client of another make may offer what is refused; more of it is no mistake. */
const maxSections = 8

interface Guards {
  /** Kinds of media the call has, one of each. */
  readonly kinds: readonly string[]
  /** Whether a candidate in it stays there. Called for each, in order. */
  readonly admitsCandidate: (line: string) => boolean
}

interface GuardedDescription {
  readonly sdp: string
  /** Another one means that ICE is restarted (RFC 8839 §4.4.1.1.1). */
  readonly ufrag: string
}

/** An attribute as browsers write it. Firefox reads more than that, such as `a=Candidate:` and `a= candidate 1`. */
const attribute = /^a=([a-z][a-z0-9-]*)(?::|$)/

/** Request the same picture in several sizes (RFC 8853). Each costs an encoder, and a call has one receiver. */
const simulcast: ReadonlySet<string> = new Set(['rid', 'simulcast'])

const nameOf = (line: string): string | undefined => attribute.exec(line)?.[1]

/** False for attributes that are left out, so that no browser reads more of a description than this file. */
function isKept(line: string): boolean {
  const name = nameOf(line)
  return !line.startsWith('a=') || (name !== undefined && !simulcast.has(name))
}

/**
 * A description without what the call does not have. Each section but the first of each kind is refused:
 * its port is 0, which to the browser is media that the partner does not offer (RFC 8829 §5.3.1), so that
 * no transceiver, no track and no data channel comes of it, and its answer refuses it too.
 * @throws Error naming what no browser sends
 */
export function guardDescription(
  sdp: string,
  { kinds, admitsCandidate }: Guards,
): GuardedDescription {
  const lines = sdp.split(/\r\n|\r|\n/).filter((line) => line !== '')
  if (lines.length > maxLines) throw new Error(`a description of more than ${maxLines} lines`)
  // Written anew from these lines, no browser can read another structure than was looked at here.
  // oxlint-disable-next-line no-control-regex -- matching control characters is the point
  if (lines.some((line) => !/^[a-z]=[^\x00-\x1f\x7f]*$/.test(line))) {
    throw new Error('a description with a line that is none')
  }
  const sections: string[][] = [[]]
  for (const line of lines) {
    if (line.startsWith('m=')) sections.push([])
    sections.at(-1)?.push(line)
  }
  if (sections.length - 1 > maxSections) {
    throw new Error(`a description of more than ${maxSections} media`)
  }
  const [session = [], ...media] = sections.map((section) =>
    section.filter(
      (line) => isKept(line) && (nameOf(line) !== 'candidate' || admitsCandidate(line)),
    ),
  )
  const open = new Set(kinds)
  const refusedMids = new Set<string>()
  const guarded = media.map((section) => {
    const [, kind = '', port] = /^m=(\S*) ([^ ]*)/.exec(section[0] ?? '') ?? []
    const isOffered = port !== '0' || section.some((line) => nameOf(line) === 'bundle-only')
    if (!isOffered || open.delete(kind)) return section
    const mid = valueOf(section, 'a=mid:')
    if (mid !== undefined) refusedMids.add(mid)
    return section
      .filter((line) => nameOf(line) !== 'bundle-only')
      .map((line) => line.replace(/^(m=\S*) [^ ]*/, '$1 0'))
  })
  const head = session.map((line) =>
    line.startsWith('a=group:BUNDLE')
      ? line
          .split(' ')
          .filter((mid) => !refusedMids.has(mid))
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
