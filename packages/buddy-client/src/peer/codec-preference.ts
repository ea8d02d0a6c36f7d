interface Named {
  /** For example `video/VP9`. */
  readonly mimeType: string
}

/**
 * Sorts the preferred codecs first, in the order of `preferred`, which holds names such as `vp9` in
 * any case. The others keep their order.
 */
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
 * Makes the next description prefer these codecs. Other codecs stay in it, so that a call works with
 * a partner that lacks them. Does nothing if the browser does not support codec preferences.
 */
export function preferCodecs(connection: RTCPeerConnection, preferred: readonly string[]): void {
  if (preferred.length === 0) return
  for (const transceiver of connection.getTransceivers()) {
    const { codecs } = RTCRtpReceiver.getCapabilities?.(transceiver.receiver.track.kind) ?? {}
    if (!codecs || !('setCodecPreferences' in transceiver)) continue
    transceiver.setCodecPreferences(orderCodecs(codecs, preferred))
  }
}
