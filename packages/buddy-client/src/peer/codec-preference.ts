/** What of a codec is looked at. */
interface Named {
  /** `video/VP9` */
  readonly mimeType: string
}

/** Those preferred first, in that order, by name and whatever the case; then the others as they are. */
export function orderCodecs<Codec extends Named>(
  codecs: readonly Codec[],
  preferred: readonly string[],
): Codec[] {
  const names = preferred.map((name) => name.toLowerCase())
  const rank = ({ mimeType }: Codec): number => {
    const index = names.indexOf(mimeType.toLowerCase().split('/').at(-1) ?? '')
    return index < 0 ? names.length : index
  }
  return [...codecs].sort((one, other) => rank(one) - rank(other))
}

/**
 * Lets the next description prefer these codecs. Nothing is left out, so a partner without them is
 * talked to all the same; without effect where the browser gives no choice.
 */
export function preferCodecs(connection: RTCPeerConnection, preferred: readonly string[]): void {
  if (preferred.length === 0) return
  for (const transceiver of connection.getTransceivers()) {
    const { codecs } = RTCRtpReceiver.getCapabilities?.(transceiver.receiver.track.kind) ?? {}
    if (!codecs || !('setCodecPreferences' in transceiver)) continue
    transceiver.setCodecPreferences(orderCodecs(codecs, preferred))
  }
}
