interface Named {
  /** The media type of the codec, for example `video/VP9`. */
  readonly mimeType: string
}

/**
 * Returns the codecs with the preferred ones first, in the order of `preferred`. The others keep their
 * order.
 * @param preferred names such as `vp9`, in upper or lower case
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
 * Makes the next description prefer these codecs. The description still contains the other codecs, so that
 * calls also work with a partner whose browser lacks the preferred ones. Does nothing if the browser does
 * not support codec preferences.
 */
export function preferCodecs(connection: RTCPeerConnection, preferred: readonly string[]): void {
  if (preferred.length === 0) return
  for (const transceiver of connection.getTransceivers()) {
    const { codecs } = RTCRtpReceiver.getCapabilities?.(transceiver.receiver.track.kind) ?? {}
    if (!codecs || !('setCodecPreferences' in transceiver)) continue
    transceiver.setCodecPreferences(orderCodecs(codecs, preferred))
  }
}
