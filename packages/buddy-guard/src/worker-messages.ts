import type { NsfwScores } from './scores.ts'

/** What the page sends to the worker: a picture, which is transferred. */
export interface CheckRequest {
  readonly id: number
  readonly frame: ImageBitmap
}

/** What the worker sends to the page. */
export type WorkerMessage =
  | { readonly type: 'ready' }
  | { readonly type: 'failed'; readonly message: string }
  | { readonly type: 'scores'; readonly id: number; readonly scores: NsfwScores }
  | { readonly type: 'unchecked'; readonly id: number; readonly message: string }
