import type { Case } from '../case.ts'
import { bytesCases } from './bytes-cases.ts'
import { connectionCases } from './connection-cases.ts'
import { blockCases, criteriaCases } from './criteria-cases.ts'
import { faultCases } from './fault-cases.ts'
import { faultLimitCases } from './fault-limit-cases.ts'
import { helloCases } from './hello-cases.ts'
import { httpCases } from './http-cases.ts'
import { invalidFieldCases } from './invalid-field-cases.ts'
import { matchingCases } from './matching-cases.ts'
import { nameCases } from './name-cases.ts'
import { offerCases } from './offer-cases.ts'
import { queueCases } from './queue-cases.ts'
import { rateCases } from './rate-cases.ts'
import { relayCases } from './relay-cases.ts'
import { reportCases } from './report-cases.ts'
import { restartCases } from './restart-cases.ts'
import { resumeCases } from './resume-cases.ts'
import { resumeCountCases } from './resume-count-cases.ts'
import { resumeRoomCases } from './resume-room-cases.ts'
import { roomCases } from './room-cases.ts'
import { originCases, tokenCases } from './site-cases.ts'
import { visitorCases } from './visitor-cases.ts'
import { expiryCases, heartbeatCases } from './time-cases.ts'

/** Every case, in the order of the page. */
export const allCases: readonly Case[] = [
  ...connectionCases,
  ...bytesCases,
  ...faultCases,
  ...invalidFieldCases,
  ...faultLimitCases,
  ...helloCases,
  ...heartbeatCases,
  ...queueCases,
  ...matchingCases,
  ...relayCases,
  ...roomCases,
  ...resumeCases,
  ...resumeCountCases,
  ...resumeRoomCases,
  ...expiryCases,
  ...restartCases,
  ...offerCases,
  ...rateCases,
  ...reportCases,
  ...criteriaCases,
  ...blockCases,
  ...visitorCases,
  ...nameCases,
  ...originCases,
  ...tokenCases,
  ...httpCases,
]
