import type {
  BuddyClient,
  BuddyError,
  BuddyErrorCode,
  Check,
  CheckName,
  DiagnoseOptions,
  Unsubscribe,
} from '@buddy-chat/client'

/** What the element uses of a client. A type without private members: a stand-in can implement it. */
export type ChatClient = Pick<
  BuddyClient,
  | 'deviceInUse'
  | 'localStream'
  | 'next'
  | 'notifyTyping'
  | 'on'
  | 'preview'
  | 'resumeDevice'
  | 'retryNow'
  | 'send'
  | 'sending'
  | 'setAudioEnabled'
  | 'setCamera'
  | 'setMicrophone'
  | 'setVideoEnabled'
  | 'start'
  | 'state'
  | 'stop'
  | 'switchCamera'
  | 'trust'
>

/**
 * Everything that runs code of `@buddy-chat/client`: media, signalling, the codec and the connection
 * doctor. All other modules of the element import only types from that package, so that this part can
 * be loaded later than the element.
 */
export interface ClientPart {
  /**
   * A client without options: it opens nothing before `start()` or `preview()`.
   * @param isHidden whether the window that the element is in is hidden
   */
  readonly createClient: (isHidden: () => boolean) => BuddyClient
  readonly createError: (code: BuddyErrorCode, message: string) => BuddyError
  /** Runs the connection doctor: see `diagnose` of `@buddy-chat/client`. */
  readonly diagnose: (options: DiagnoseOptions) => Promise<readonly Check[]>
  /** Every check of the connection doctor, in the order in which they are shown. */
  readonly checkNames: readonly CheckName[]
  /** Calls `onLevel` with the loudness of `track`, from 0 to 1, for every frame that is drawn. */
  readonly watchAudioLevel: (
    track: MediaStreamTrack,
    onLevel: (level: number) => void,
  ) => Unsubscribe
}
