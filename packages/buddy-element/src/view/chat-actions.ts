import type { Device, DeviceKind, ReportReason } from '@buddy-chat/client'

/** The visitor's actions on interests and languages. */
export interface CriteriaActions {
  /**
   * Adds the interests in a text, which may be a list. Returns the refused interests that the visitor can
   * correct, as a text for the field.
   */
  readonly addInterests: (text: string) => string
  readonly removeInterest: (interest: string) => void
  /** Adds a language by its primary subtag. An empty one changes nothing. */
  readonly addLanguage: (language: string) => void
  readonly removeLanguage: (language: string) => void
  /** Moves a language one place towards the most wanted. */
  readonly preferLanguage: (language: string) => void
  /** Refuses or allows that the search widens to other interests. */
  readonly keepInterests: () => void
  /** Refuses or allows that the search widens to other languages. */
  readonly keepLanguages: () => void
  /** Drops all criteria until a partner is found, or uses the interests and languages again. */
  readonly searchAnybody: () => void
  /** Opens or closes the fields. */
  readonly toggle: () => void
  /** Removes the message about the latest change. */
  readonly forgetRemark: () => void
}

/** The visitor's actions in the report sheet. */
export interface ReportActions {
  /** Opens the sheet, if there is a partner to report. */
  readonly open: () => void
  readonly close: () => void
  readonly choose: (room: string) => void
  readonly writeNote: (text: string) => void
  readonly attachStill: (isAttached: boolean) => void
  /** Hides the partner's picture while the sheet is open, or shows it again. */
  readonly togglePicture: () => void
  /** Returns false if the report was not sent and the sheet should stay open. */
  readonly submit: (reason: ReportReason) => boolean
  /** Returns false if the block was not sent and the sheet should stay open. */
  readonly submitBlock: () => boolean
}

/** The actions of the visitor, which templates and keyboard shortcuts call. */
export interface ChatActions {
  readonly start: (options?: { readonly withoutCamera: boolean }) => void
  /** Answers the question for the agreement that the page requires. */
  readonly answerAgreement: (isGiven: boolean) => void
  /** Opens the devices for the preview. */
  readonly preview: () => void
  /** Closes the devices of the preview. */
  readonly closePreview: () => void
  readonly chooseDevice: (kind: DeviceKind, id: string) => void
  readonly flipCamera: () => void
  readonly resumeDevice: (device: Device) => void
  readonly toggleDevices: () => void
  readonly criteria: CriteriaActions
  readonly next: () => void
  readonly stop: () => void
  /** Agrees to a direct connection, in which the partner may learn the visitor's address. */
  readonly trust: () => void
  /** Closes the partner's request for a direct connection without agreeing. */
  readonly postponeTrust: () => void
  /** Shows the partner's picture in spite of the guard's verdict. */
  readonly showPartner: () => void
  /** Sends the visitor's own picture again after a verdict of the guard. */
  readonly showSelf: () => void
  readonly reports: ReportActions
  /** Agrees to show the faces, or veils the visitor's picture again. */
  readonly toggleFace: () => void
  /** Closes the notice of a warning or of slower matching. */
  readonly dismissMeasure: () => void
  readonly toggleMicrophone: () => void
  readonly toggleCamera: () => void
  readonly toggleText: () => void
  /** Returns false if the text was not sent and should stay in the field. */
  readonly send: (text: string) => boolean
  readonly type: () => void
  readonly rename: (name: string) => void
  readonly retryNow: () => void
  readonly play: () => void
  /** Opens the connection doctor, or repeats its checks. */
  readonly openDoctor: () => void
  readonly closeDoctor: () => void
}
