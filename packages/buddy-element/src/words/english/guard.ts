/** What the page's guard has found in a picture, and what follows. */
export const guard = {
  pictureVeiled: '{partner}’s picture may be explicit, so it is blurred.',
  showAnyway: 'Show anyway',
  pictureWarned: '{partner}’s picture may be revealing.',
  pictureLeft: 'You left {partner}, because the picture may be explicit.',
  ownPictureHidden:
    'Your picture may be explicit, so it is not sent. It was checked on your own device only.',
  ownPictureCoarse:
    'Your picture may be explicit, so only a coarse one is sent. It was checked on your own device only.',
  showOwnPicture: 'Send it again',
  ownPictureWarned: 'Your picture may be revealing.',
} as const
