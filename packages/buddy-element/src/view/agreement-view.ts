/** What the visitor has to agree to before camera, microphone and connection are opened. */
export interface AgreementView {
  /** Names the text that the visitor agrees to. A visitor who agreed to another version is asked again. */
  readonly version: string
  /** The age that the visitor has to confirm; 0 if none. */
  readonly minAge: number
  /** The address of the terms of use; empty if there is none. */
  readonly termsUrl: string
  /** The address of the privacy notice; empty if there is none. */
  readonly privacyUrl: string
}
