import type { ChatView } from './chat-view.ts'

/** Returns whether the visitor can open the sheet for a report. */
export const canReport = ({ offersReport, partner, earlierPartner }: ChatView): boolean =>
  offersReport && (partner !== undefined || earlierPartner !== undefined)
