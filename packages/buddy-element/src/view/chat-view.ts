import type {
  BuddyError,
  Check,
  CheckName,
  ClientState,
  Device,
  DeviceChange,
  DeviceInfo,
  Mode,
  Partner,
  Quality,
  RecoveryStep,
  Sending,
  Trust,
} from '@buddy-chat/client'
import type { Words } from '../words/words.ts'
import type { ChatMessage } from './conversation.ts'

/** Camera, microphone and speaker, as the templates show them. */
export interface DevicesView {
  /** All devices. Speakers only if the browser lets pages choose. */
  readonly list: readonly DeviceInfo[]
  /** Ids of the devices in use. Empty if there is none, or for the system's default speaker. */
  readonly camera: string
  readonly microphone: string
  readonly speaker: string
  /** `facingMode` of the camera in use: `user`, `environment` … Empty if unknown. */
  readonly facing: string
  /** Whether a button can switch to another camera. */
  readonly canFlip: boolean
  /** Devices that are paused or lost. */
  readonly trouble: { readonly [D in Device]?: DeviceChange }
  /** Whether the panel of pickers is open in a call. */
  readonly isPanelOpen: boolean
}

/** The results of the connection doctor so far. */
export interface DoctorView {
  /** All checks, in the order in which they are shown. */
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
  /** Attributes have changed since the start. The new values apply to the next start. */
  readonly hasChangesWaiting: boolean
  readonly localStream: MediaStream | undefined
  readonly devices: DevicesView
  /** Devices are being opened for the preview. */
  readonly isOpeningPreview: boolean
  readonly remoteStream: MediaStream | undefined
  readonly partner: Partner | undefined
  readonly interests: readonly string[]
  readonly sending: Sending
  readonly partnerSending: Sending
  /** Whether each of the two agrees to a direct connection. Undefined if addresses are not hidden. */
  readonly trust: Trust | undefined
  /** The visitor has closed the partner's request for a direct connection without agreeing. */
  readonly isTrustPostponed: boolean
  readonly messages: readonly ChatMessage[]
  readonly isPartnerTyping: boolean
  /** The quality of each direction of the call. */
  readonly quality: { readonly receiving: Quality; readonly sending: Quality }
  /** How the client restores a path that was lost during a call. */
  readonly interruption: RecoveryStep
  /** The path could not be restored. The visitor decides whether to look for another partner. */
  readonly isLost: boolean
  /** The partner's connection to the server is interrupted. The call may continue. */
  readonly isPartnerAway: boolean
  /** The number of users on the server, as last reported. */
  readonly online: number | undefined
  /** The connection to the server is lost: the error, and seconds until the next attempt. */
  readonly retry: { readonly error: BuddyError; readonly seconds: number } | undefined
  /** The error that prevented the start, or that closed the client. */
  readonly problem: BuddyError | undefined
  /** The problem occurred in the preview, not at the start. */
  readonly isPreviewProblem: boolean
  /** Undefined while the dialog is closed. */
  readonly doctor: DoctorView | undefined
  /** The latest call found no path, so that the connection doctor is offered. */
  readonly hasCallFailed: boolean
  /** The text of the live region: what screen readers announce. */
  readonly announcement: string
  /** A message that is shown for a few seconds. */
  readonly notice: string | undefined
  /** The browser requires a user gesture before it plays audio. */
  readonly needsPlay: boolean
  /** Whether the text panel is open. In a small element it covers the stage. */
  readonly isTextOpen: boolean
  /** The number of messages received while the text panel was closed. */
  readonly unread: number
}

/** Whether the partners can send text messages. */
export const offersText = ({ hasText, allowsText }: ChatView): boolean => hasText && allowsText
