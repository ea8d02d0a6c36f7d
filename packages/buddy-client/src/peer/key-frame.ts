/** What a browser may take with parameters (W3C webrtc-extensions §5.2, RTCSetParameterOptions). */
type SetParameters = (
  parameters: RTCRtpSendParameters,
  options: { readonly encodingOptions: readonly { readonly keyFrame: boolean }[] },
) => Promise<void>

/**
 * Sends the next picture whole. After a gap a receiver can show nothing before one comes, and it waits
 * for three seconds until it asks. Never rejects: where a browser cannot do this, that is how it goes.
 */
export async function sendKeyFrame(sender: RTCRtpSender): Promise<void> {
  if (sender.track?.kind !== 'video') return
  try {
    const parameters = sender.getParameters()
    const encodingOptions = parameters.encodings.map(() => ({ keyFrame: true }))
    await (sender.setParameters as SetParameters).call(sender, parameters, { encodingOptions })
  } catch {
    // Closed meanwhile, or limited at the same moment.
  }
}
