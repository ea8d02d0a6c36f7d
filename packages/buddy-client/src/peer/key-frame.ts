/** `setParameters` with its optional second argument (W3C webrtc-extensions §5.2, RTCSetParameterOptions). */
type SetParameters = (
  parameters: RTCRtpSendParameters,
  options: { readonly encodingOptions: readonly { readonly keyFrame: boolean }[] },
) => Promise<void>

/**
 * Sends a key frame next. After a gap the receiver can show nothing until one arrives, and it waits
 * three seconds before it requests one. Never rejects, and does nothing if the browser lacks support.
 */
export async function sendKeyFrame(sender: RTCRtpSender): Promise<void> {
  if (sender.track?.kind !== 'video') return
  try {
    const parameters = sender.getParameters()
    const encodingOptions = parameters.encodings.map(() => ({ keyFrame: true }))
    await (sender.setParameters as SetParameters).call(sender, parameters, { encodingOptions })
  } catch {
    // The connection was closed meanwhile, or `limitSender` changed the parameters at the same time.
  }
}
