/** The events that the server can send as webhooks. */
export const webhookEvents = ['match', 'leave', 'report', 'decision', 'ban', 'capacity'] as const

/** The name of one of {@link webhookEvents}. */
export type WebhookEvent = (typeof webhookEvents)[number]
