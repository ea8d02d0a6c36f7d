import type { Case } from '../case.ts'
import { bytesCases } from './bytes-cases.ts'
import { connectionCases } from './connection-cases.ts'
import { faultCases } from './fault-cases.ts'
import {
  httpCases,
  nameCases,
  offerCases,
  originCases,
  reportCases,
  tokenCases,
} from './feature-cases.ts'
import { helloCases } from './hello-cases.ts'
import { queueCases } from './queue-cases.ts'
import { rateCases } from './rate-cases.ts'
import { restartCases } from './restart-cases.ts'
import { resumeCases } from './resume-cases.ts'
import { roomCases } from './room-cases.ts'
import { expiryCases, heartbeatCases } from './time-cases.ts'

/** Every case, in the order of the page. */
export const allCases: readonly Case[] = [
  ...connectionCases,
  ...bytesCases,
  ...helloCases,
  ...faultCases,
  ...heartbeatCases,
  ...queueCases,
  ...roomCases,
  ...resumeCases,
  ...expiryCases,
  ...restartCases,
  ...offerCases,
  ...rateCases,
  ...reportCases,
  ...nameCases,
  ...originCases,
  ...tokenCases,
  ...httpCases,
]
