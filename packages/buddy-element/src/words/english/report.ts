import type { ReportReason } from '@buddy-chat/client'

/** The sheet by which a visitor reports or blocks a partner. */
export const report = {
  report: 'Report or block',
  reportEarlier: 'Report the previous chat',
  reportTarget: 'Who is it about?',
  presentPartner: '{partner}, who is here now',
  earlierPartner: '{partner}, who was here before',
  reportReason: 'What happened?',
  reportReasons: {
    nudity: 'Nudity or sexual acts',
    minor: 'A child or teenager',
    harassment: 'Insults or harassment',
    threats: 'Threats or violence',
    spam: 'Spam or fraud',
    other: 'Something else',
  } satisfies Record<ReportReason, string>,
  reportNote: 'What should the moderators know? (optional)',
  /** `{left}` is the number of bytes that still fit. */
  noteLeft: '{left} left',
  attachStill: 'Attach a still of their video',
  stillPreview: 'The still that will be sent',
  stillFailed: 'No still could be taken of their video.',
  hidePicture: 'Hide their picture',
  showPicture: 'Show their picture',
  reportEnds: 'The chat ends at once.',
  reportEffect: 'You will not meet this person again. The site’s moderators see your report.',
  sendReport: 'Send report',
  blockOnly: 'Block without report',
  cancelReport: 'Cancel',
  reported: 'Your report was sent. You will not meet this person again.',
  reportKept:
    'The server is out of reach. Your report is kept and will be sent as soon as it is back.',
  reportTooLate: 'The server does not remember this chat any more, so it cannot be reported.',
  blocked: 'Blocked. You will not meet this person again.',
  blockKept:
    'The server is out of reach. The block is kept and will be sent as soon as it is back.',
} as const
