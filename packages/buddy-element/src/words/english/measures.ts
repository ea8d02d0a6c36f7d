import type { ReportReason } from '@buddy-chat/client'

/** What the operator has decided about the visitor. */
export const measures = {
  warned: 'The moderators have warned you',
  slowed: 'You wait longer for partners for now',
  measureReason: 'Reason',
  measureReasons: {
    nudity: 'Nudity or sexual acts',
    minor: 'Your age',
    harassment: 'Insults or harassment',
    threats: 'Threats or violence',
    spam: 'Spam or fraud',
    other: 'The rules of this site',
  } satisfies Record<ReportReason, string>,
  decidedBy: 'Decided',
  decidedAutomatically: 'Automatically, by a rule',
  decidedByModerator: 'By a moderator',
  measureUntil: 'Until',
  measureForGood: 'No end',
  decisionNumber: 'Decision',
  appeal: 'Appeal against this decision',
  dismissMeasure: 'I understand',
} as const
