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
import type { Line } from './conversation.ts'

/** Camera, microphone and speaker, as far as the templates show them. */
export interface DevicesView {
  /** All there are; speakers only where a page can choose among them. */
  readonly list: readonly DeviceInfo[]
  /** Ids of those in use; empty where there is none, or (speaker) where the system chooses. */
  readonly camera: string
  readonly microphone: string
  readonly speaker: string
  /** Which way the camera in use faces, where it says so: `user`, `environment` … */
  readonly facing: string
  /** Whether there is a camera to turn round to. */
  readonly canFlip: boolean
  /** Devices that are paused or lost. */
  readonly trouble: { readonly [D in Device]?: DeviceChange }
  /** The pickers, in the call. */
  readonly isPanelOpen: boolean
}

/** What the connection doctor has found so far. */
export interface DoctorView {
  /** Every check there is, in the order in which they are shown. */
  readonly names: readonly CheckName[]
  readonly checks: readonly Check[]
  readonly isDone: boolean
}

/** Everything the templates show: they are functions of this and of nothing else. */
export interface ChatView {
  /** In the language of the visitor. */
  readonly words: Words
  readonly state: ClientState
  readonly mode: Mode
  /** Own name, as typed; may be empty. */
  readonly name: string
  /** Whether the page offers writing at all. */
  readonly hasText: boolean
  /** Whether the server's site allows writing; known once it has answered. */
  readonly allowsText: boolean
  /** False where the page joins people without a camera. */
  readonly hasCamera: boolean
  /** The attributes have changed since the start: what they say now counts from the next one. */
  readonly hasChangesWaiting: boolean
  readonly localStream: MediaStream | undefined
  readonly devices: DevicesView
  /** Devices are being opened to be looked at before a start. */
  readonly isOpeningPreview: boolean
  readonly remoteStream: MediaStream | undefined
  readonly partner: Partner | undefined
  readonly interests: readonly string[]
  readonly sending: Sending
  readonly partnerSending: Sending
  /** Who trusts whom, where addresses are hidden in this call until both do. */
  readonly trust: Trust | undefined
  /** The partner's wish for a direct connection was put away, not agreed to. */
  readonly isTrustPutOff: boolean
  readonly lines: readonly Line[]
  readonly isPartnerTyping: boolean
  /** How well each direction of the call goes. */
  readonly quality: { readonly receiving: Quality; readonly sending: Quality }
  /** What is being done about a path that was lost in the middle of a call. */
  readonly interruption: RecoveryStep
  /** The path was lost for good: a person says whether to go on. */
  readonly isLost: boolean
  /** The partner's connection to the server is lost; the call may go on all the same. */
  readonly isPartnerAway: boolean
  /** People on the server, as last told. */
  readonly online: number | undefined
  /** The server is lost: why, and the whole seconds until the next attempt. */
  readonly retry: { readonly error: BuddyError; readonly seconds: number } | undefined
  /** Why it could not start, or ended for good. */
  readonly problem: BuddyError | undefined
  /** The problem came of looking at the devices, not of starting. */
  readonly isPreviewProblem: boolean
  /** Open while it is there. */
  readonly doctor: DoctorView | undefined
  /** The latest call found no path: there is reason to look why. */
  readonly hasCallFailed: boolean
  /** What screen readers say about the latest change. */
  readonly announcement: string
  /** A passing remark. */
  readonly notice: string | undefined
  /** The browser wants a gesture before it plays sound. */
  readonly needsPlay: boolean
  /** On small sizes the text panel covers the stage when open. */
  readonly isTextOpen: boolean
  /** Lines that came while the panel was closed. */
  readonly unread: number
}

/** Whether people can write to each other here. */
export const offersText = ({ hasText, allowsText }: ChatView): boolean => hasText && allowsText
