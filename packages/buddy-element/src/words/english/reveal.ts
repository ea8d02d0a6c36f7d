/** Faces that are blurred until both agree. */
export const reveal = {
  showFace: 'Show my face',
  hideFace: 'Hide my face',
  veiled: 'You see each other blurred until you both agree.',
  veiledSelfAgreed: 'You have agreed. {partner} has not yet.',
  veiledPartnerAgreed: '{partner} has agreed to show faces.',
  unveiled: 'You see each other clearly now.',
  ownVeiled: 'You, blurred',
  previewVeiled: 'Partners see you blurred until you both agree.',
} as const
