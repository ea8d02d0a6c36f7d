import type {
  BuddyClient,
  BuddyError,
  BuddyErrorCode,
  Check,
  CheckName,
  DiagnoseOptions,
  Unsubscribe,
} from '@buddy-chat/client'

import type { GuardRunner, GuardRunnerOptions } from '@buddy-chat/client/guard'

/**
 * The members of `BuddyClient` that the element uses. The type has no private members, so that any
 * object with these members can be used instead, for example in a test.
 */
export type ChatClient = Pick<
  BuddyClient,
  | 'block'
  | 'captureStill'
  | 'deviceInUse'
  | 'localStream'
  | 'next'
  | 'notifyTyping'
  | 'on'
  | 'preview'
  | 'report'
  | 'resumeDevice'
  | 'retryNow'
  | 'send'
  | 'sending'
  | 'setAudioEnabled'
  | 'setCamera'
  | 'setCriteria'
  | 'setMicrophone'
  | 'setRevealed'
  | 'setVideoEnabled'
  | 'start'
  | 'state'
  | 'stop'
  | 'switchCamera'
  | 'trust'
>

/**
 * Everything in the element that runs code of `@buddy-chat/client`: media, signalling, the codec
 * and the connection doctor. All other modules of the element import only types from that package.
 * Therefore a later version can load this part after the element.
 */
export interface ClientPart {
  /**
   * Creates a client without options. It opens nothing before `start()` or `preview()`.
   * @param isHidden returns whether the window that the element is in is hidden
   */
  readonly createClient: (isHidden: () => boolean) => BuddyClient
  readonly createError: (code: BuddyErrorCode, message: string) => BuddyError
  /** Runs the checks of the connection doctor. See `diagnose` of `@buddy-chat/client`. */
  readonly diagnose: (options: DiagnoseOptions) => Promise<readonly Check[]>
  /**
   * The name of every check of the connection doctor, in the order in which the dialog shows them.
   */
  readonly checkNames: readonly CheckName[]
  /** Returns the URL of a file of the server that the option `server` names. */
  readonly serverFileUrl: (server: string, name: string) => string
  /**
   * Creates the runner that checks the pictures of a call with a guard. It loads the guard with its first
   * stream.
   */
  readonly createGuardRunner: (options: GuardRunnerOptions, isHidden: () => boolean) => GuardRunner
  /**
   * Calls `onLevel` with the loudness of `track`, from 0 to 1, for each frame that the browser
   * draws. The returned function ends this.
   */
  readonly watchAudioLevel: (
    track: MediaStreamTrack,
    onLevel: (level: number) => void,
  ) => Unsubscribe
}
