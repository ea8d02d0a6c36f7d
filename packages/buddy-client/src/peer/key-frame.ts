/**
 * `setParameters` with its optional second argument (W3C webrtc-extensions §5.2, RTCSetParameterOptions).
 */
type SetParameters = (
  parameters: RTCRtpSendParameters,
  options: { readonly encodingOptions: readonly { readonly keyFrame: boolean }[] },
) => Promise<void>

/**
 * Makes the sender's next frame a key frame. After frames were lost, the receiver can show nothing until a
 * key frame arrives, and requests one only after three seconds. Never rejects. Does nothing if the browser
 * does not support this.
 */
export async function sendKeyFrame(sender: RTCRtpSender): Promise<void> {
  if (sender.track?.kind !== 'video') return
  try {
    const parameters = sender.getParameters()
    const encodingOptions = parameters.encodings.map(() => ({ keyFrame: true }))
    await (sender.setParameters as SetParameters).call(sender, parameters, { encodingOptions })
  } catch {
    // The connection was closed meanwhile, or `limitSender` has changed the parameters at the same time.
  }
}
