import type {
  BuddyError,
  Check,
  CheckName,
  ClientEvents,
  ClientState,
  Device,
  DeviceChange,
  DeviceInfo,
  Measure,
  Mode,
  Partner,
  Quality,
  RecoveryStep,
  Sending,
  Trust,
} from '@buddy-chat/client'
import type { AgreementView } from './agreement-view.ts'
import type { ReportTarget, ReportView } from './report-view.ts'
import { visitorWords } from '../words/visitor-words.ts'
import type { Words } from '../words/words.ts'
import type { ChatMessage } from './conversation.ts'
import type { CriteriaView } from './criteria-view.ts'
import { initialCriteria } from './criteria-view.ts'
import type { Meeting, SearchView } from './search-view.ts'

/** Camera, microphone and speaker, as the templates show them. */
export interface DevicesView {
  /** All devices. Contains speakers only if the browser lets pages choose one. */
  readonly list: readonly DeviceInfo[]
  /**
   * The ids of the devices in use. An id is empty if no such device is in use, or for the system's
   * default speaker.
   */
  readonly camera: string
  readonly microphone: string
  readonly speaker: string
  /** `facingMode` of the camera in use, such as `user` or `environment`. Empty if unknown. */
  readonly facing: string
  /** Whether the element shows a button that switches to another camera. */
  readonly canFlip: boolean
  /** Devices that are paused or lost. */
  readonly trouble: { readonly [D in Device]?: DeviceChange }
  /** Whether the panel of pickers is open in a call. */
  readonly isPanelOpen: boolean
}

/** The effects of the guard's verdicts. */
export interface GuardView {
  /**
   * How a verdict limits the visitor's own picture: not at all, to no picture, or to the coarse picture of
   * `reveal="mutual"`.
   */
  readonly self: 'shown' | 'off' | 'coarse'
  /** Whether the partner's picture is blurred because of a verdict. */
  readonly isPartnerVeiled: boolean
}

/** The view without a guard, or while its verdicts are `ok`. */
export const noGuardView: GuardView = { self: 'shown', isPartnerVeiled: false }

/** The results of the connection doctor so far. */
export interface DoctorView {
  /** The names of all checks, in the order in which the dialog shows them. */
  readonly names: readonly CheckName[]
  readonly checks: readonly Check[]
  readonly isDone: boolean
}

/** Everything that the templates show. Each template is a pure function of this. */
export interface ChatView {
  /** All texts, in the language of the visitor. */
  readonly words: Words
  readonly state: ClientState
  readonly mode: Mode
  /** The visitor's name as typed. May be empty. */
  readonly name: string
  /** Whether the page offers text messages. */
  readonly hasText: boolean
  /** Whether the site allows text messages. True until the server has answered. */
  readonly allowsText: boolean
  /** False if the page does not use the visitor's camera. */
  readonly hasCamera: boolean
  /** Whether attributes have changed since the start. The new values apply to the next start. */
  readonly hasChangesWaiting: boolean
  readonly localStream: MediaStream | undefined
  readonly devices: DevicesView
  readonly criteria: CriteriaView
  /** Whether devices are being opened for the preview. */
  readonly isOpeningPreview: boolean
  readonly remoteStream: MediaStream | undefined
  readonly partner: Partner | undefined
  /** What the visitor has in common with the partner. */
  readonly meeting: Meeting
  readonly sending: Sending
  readonly partnerSending: Sending
  /**
   * Whether the visitor and the partner have agreed to a direct connection. Undefined if addresses
   * are not hidden.
   */
  readonly trust: Trust | undefined
  /**
   * Whether the visitor has closed the partner's request for a direct connection without agreeing.
   */
  readonly isTrustPostponed: boolean
  /** False if the page offers the visitor no reports. */
  readonly offersReport: boolean
  /** The latest partner, while they can still be reported. */
  readonly earlierPartner: ReportTarget | undefined
  /** Undefined while the sheet for a report is closed. */
  readonly report: ReportView | undefined
  /** Whether the visitor has hidden the partner's picture while the report sheet is open. */
  readonly isPartnerHidden: boolean
  /** Whether the page sets `reveal="mutual"`. */
  readonly isMutual: boolean
  /**
   * Whether the visitor and the partner have agreed to show their faces. Undefined without `reveal="mutual"`, and
   * outside a call.
   */
  readonly reveal: ClientEvents['reveal'] | undefined
  /** The latest decision of the operator about the visitor. */
  readonly measure: Measure | undefined
  readonly messages: readonly ChatMessage[]
  readonly isPartnerTyping: boolean
  /** The quality of each direction of the call. */
  readonly quality: { readonly receiving: Quality; readonly sending: Quality }
  /** What the client does to restore a network path that was lost during a call. */
  readonly interruption: RecoveryStep
  /**
   * Whether the path could not be restored. The visitor then decides whether to look for another
   * partner.
   */
  readonly isLost: boolean
  /** Whether the partner's connection to the server is interrupted. The call may continue. */
  readonly isPartnerAway: boolean
  /** The server's explanation of the wait. Undefined outside the queue, and with servers of version 0.1. */
  readonly search: SearchView | undefined
  /** The number of users on the server, as last reported. */
  readonly online: number | undefined
  /**
   * Set while the connection to the server is lost: the error, and the seconds until the next
   * attempt.
   */
  readonly retry: { readonly error: BuddyError; readonly seconds: number } | undefined
  /** The error that prevented the start, or that closed the client. */
  readonly problem: BuddyError | undefined
  /** Whether `problem` occurred in the preview, not at the start. */
  readonly isPreviewProblem: boolean
  /** The question for the visitor's agreement, while it is shown. */
  readonly agreement: AgreementView | undefined
  /** Whether the visitor has answered the latest question with no. */
  readonly isAgreementRefused: boolean
  /** Undefined while the dialog of the connection doctor is closed. */
  readonly doctor: DoctorView | undefined
  readonly guard: GuardView
  /** Whether the latest call found no network path. If so, the connection doctor is offered. */
  readonly hasCallFailed: boolean
  /** The text of the live region: what screen readers announce. */
  readonly announcement: string
  /** A message that is shown for a few seconds. */
  readonly notice: string | undefined
  /** Whether the browser requires a user gesture before it plays audio. */
  readonly needsPlay: boolean
  /** Whether the text panel is open. In a small element it covers the stage. */
  readonly isTextOpen: boolean
  /** The number of messages received while the text panel was closed. */
  readonly unread: number
}

/** Returns whether the partners can send text messages. */
export const offersText = ({ hasText, allowsText }: ChatView): boolean => hasText && allowsText

/** The view before the first start. */
export const initialView: ChatView = {
  words: visitorWords,
  state: 'idle',
  mode: 'video',
  name: '',
  hasText: true,
  allowsText: true,
  hasCamera: true,
  hasChangesWaiting: false,
  localStream: undefined,
  devices: {
    list: [],
    camera: '',
    microphone: '',
    speaker: '',
    facing: '',
    canFlip: false,
    trouble: {},
    isPanelOpen: false,
  },
  criteria: initialCriteria,
  isOpeningPreview: false,
  remoteStream: undefined,
  partner: undefined,
  meeting: { interests: [], languages: [], isRematch: false },
  sending: { audio: true, video: true },
  partnerSending: { audio: true, video: true },
  trust: undefined,
  isTrustPostponed: false,
  offersReport: true,
  earlierPartner: undefined,
  report: undefined,
  isPartnerHidden: false,
  isMutual: false,
  reveal: undefined,
  measure: undefined,
  messages: [],
  isPartnerTyping: false,
  isPartnerAway: false,
  interruption: 'none',
  quality: { receiving: 'good', sending: 'good' },
  isLost: false,
  search: undefined,
  online: undefined,
  retry: undefined,
  problem: undefined,
  isPreviewProblem: false,
  agreement: undefined,
  isAgreementRefused: false,
  doctor: undefined,
  guard: noGuardView,
  hasCallFailed: false,
  announcement: '',
  notice: undefined,
  needsPlay: false,
  isTextOpen: false,
  unread: 0,
}
