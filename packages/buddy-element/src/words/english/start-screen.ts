/** The start screen. */
export const startScreen = {
  title: { video: 'Meet someone new', audio: 'Talk to someone new', text: 'Write to someone new' },
  subtitle: {
    video: 'One click, one stranger, face to face.',
    audio: 'One click, one stranger, just your voices.',
    text: 'One click, one stranger, just words.',
  },
  privacy: {
    video: 'Your camera turns on only when you press a button.',
    audio: 'Your microphone turns on only when you press a button.',
    text: 'Text only. Your camera and microphone stay off.',
  },
  check: { video: 'Check camera and microphone', audio: 'Check microphone' },
  closePreview: 'Turn off',
  checking: 'Waiting for your permission…',
  ready: {
    video: 'This is how you are seen',
    audio: 'Say something: the bar moves with your voice.',
  },
  nameLabel: 'Your name',
  namePlaceholder: 'Your name (optional)',
  start: 'Start',
} as const
