/** Hidden addresses, and the agreement to a direct connection. */
export const trust = {
  connectDirectly: 'Connect directly',
  connectDirectlyHint:
    'Your addresses are hidden from each other. Connected directly you may see and hear better, and {partner} could learn your IP address.',
  trustRequest:
    '{partner} would like to connect directly. You could learn each other’s IP address.',
  agree: 'Agree',
  notNow: 'Not now',
  awaitingTrust: '{partner} has not agreed yet',
  bothTrust: 'You both agreed. Looking for a direct way…',
} as const
