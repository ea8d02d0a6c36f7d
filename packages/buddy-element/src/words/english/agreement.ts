/** The question before the first start, for pages that require an agreement. */
export const agreement = {
  agreementTitle: 'Before you start',
  agreementBody:
    'You meet strangers here, and nobody checks them beforehand. Nudity, harassment, threats and spam can be reported and lead to a ban.',
  /** `{links}` is replaced by the links to the terms and to the privacy notice. */
  agreementLinks: 'Please read: {links}.',
  terms: 'Terms of use',
  privacyNotice: 'Privacy notice',
  opensInNewTab: '(opens in a new tab)',
  ageSentence: 'I am {age} years old or older.',
  acceptAgreement: 'I agree',
  refuseAgreement: 'I do not agree',
  agreementRefused: 'You did not agree, so nothing was started.',
} as const
