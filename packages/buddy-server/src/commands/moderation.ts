// The sub-commands for moderators. They send requests to a running server.
import type { Command } from 'commander'
import type { ConfigInput } from '../config/read-config.ts'
import { printable } from '../operations/log/printable.ts'
import type { BanEntry, Decision, ReportGroup } from '../safety/moderation.ts'
import { CommandError } from './command-error.ts'
import { durationMs } from './duration.ts'
import { moderationApi } from './moderation-api.ts'
import { orExplain } from './or-explain.ts'

interface CommonFlags {
  readonly url?: string
  readonly json?: true
}

interface PageFlags extends CommonFlags {
  readonly limit?: string
  readonly before?: string
}

const beforeFlag = ['--before <cursor>', 'the next page, as the page before says'] as const
const urlFlag = ['--url <url>', 'the server (default: the one of this configuration)'] as const
const jsonFlag = ['--json', 'print the answer of the server'] as const

/** Adds the sub-commands `reports`, `decide`, `bans`, `unban` and `decisions`. */
export function addModeration(program: Command, input: () => ConfigInput): void {
  program
    .command('reports')
    .description('list the people who were reported, with what was reported')
    .option('--site <key>', 'only this site')
    .option('--decided', 'those that were decided, instead of the open ones')
    .option('--limit <count>', 'how many people')
    .option(...beforeFlag)
    .option(...urlFlag)
    .option(...jsonFlag)
    .action((flags: PageFlags & { site?: string; decided?: true }) =>
      orExplain(() => {
        const { site, decided, limit, before } = flags
        const query = { site, state: decided && 'decided', limit, before }
        return list(flags, `/moderation/reports${queryOf(query)}`, ({ groups }) =>
          (groups as ReportGroup[]).flatMap(groupLines),
        )
      }),
    )
  program
    .command('decide')
    .description('decide about a person: dismiss, warn, slow or ban')
    .argument('<person>', 'its id, from `reports`')
    .argument('<kind>', 'dismiss, warn, slow or ban')
    .requiredOption('--reason <reason>', 'nudity, minor, harassment, threats, spam or other')
    .option('--for <time>', 'how long, such as 30m, 12h or 7d')
    .option('--for-good', 'ban until the ban is lifted')
    .option('--note <text>', 'an explanation, which the person receives')
    .option('--by <name>', 'who decides, for the audit log')
    .option(...urlFlag)
    .option(...jsonFlag)
    .action((personId: string, kind: string, flags: DecideFlags) =>
      orExplain(() => change(flags, '/moderation/decide', decideBody(personId, kind, flags))),
    )
  program
    .command('bans')
    .description('list the bans in force')
    .option('--site <key>', 'only this site')
    .option('--limit <count>', 'how many')
    .option(...beforeFlag)
    .option(...urlFlag)
    .option(...jsonFlag)
    .action((flags: PageFlags & { site?: string }) =>
      orExplain(() => {
        const { site, limit, before } = flags
        return list(flags, `/moderation/bans${queryOf({ site, limit, before })}`, ({ bans }) =>
          (bans as BanEntry[]).map(banLine),
        )
      }),
    )
  program
    .command('unban')
    .description('lift a ban, or another restriction')
    .argument('<ban>', 'its id, from `bans`')
    .option('--by <name>', 'who decides, for the audit log')
    .option(...urlFlag)
    .option(...jsonFlag)
    .action((banId: string, flags: CommonFlags & { by?: string }) =>
      orExplain(() => change(flags, '/moderation/lift', { banId, by: flags.by })),
    )
  program
    .command('decisions')
    .description('list the latest decisions')
    .option('--limit <count>', 'how many')
    .option(...beforeFlag)
    .option(...urlFlag)
    .option(...jsonFlag)
    .action((flags: PageFlags) =>
      orExplain(() => {
        const { limit, before } = flags
        return list(flags, `/moderation/decisions${queryOf({ limit, before })}`, ({ decisions }) =>
          (decisions as Decision[]).map(decisionLine),
        )
      }),
    )

  async function list(
    { url, json }: CommonFlags,
    path: string,
    linesOf: (answer: Record<string, unknown>) => readonly string[],
  ): Promise<void> {
    const body = await moderationApi(url, input()).get(path)
    if (json) console.log(body)
    else {
      const answer = JSON.parse(body) as Record<string, unknown>
      const lines = linesOf(answer)
      console.log(lines.length > 0 ? lines.join('\n') : 'none')
      const next = answer['nextBefore']
      if (typeof next === 'string' || typeof next === 'number') {
        console.log(`there are more: --before ${next}`)
      }
    }
  }

  async function change({ url, json }: CommonFlags, path: string, body: object): Promise<void> {
    const answer = await moderationApi(url, input()).post(path, body)
    const { decision } = JSON.parse(answer) as { decision: Decision }
    console.log(json ? answer : decisionLine(decision))
  }
}

interface DecideFlags extends CommonFlags {
  readonly reason: string
  readonly for?: string
  readonly forGood?: true
  readonly note?: string
  readonly by?: string
}

function decideBody(personId: string, kind: string, flags: DecideFlags): object {
  const { reason, for: time, forGood, note, by } = flags
  if (time !== undefined && forGood)
    throw new CommandError('--for and --for-good exclude each other')
  if (kind === 'ban' && time === undefined && !forGood) {
    throw new CommandError('a ban needs a time (--for 7d), or --for-good')
  }
  const duration = time === undefined ? null : durationMs('--for', time)
  return { personId, kind, reason, durationMs: duration, note, by }
}

function queryOf(values: Readonly<Record<string, string | undefined>>): string {
  const given = Object.entries(values).filter(([, value]) => value !== undefined)
  return given.length > 0 ? `?${new URLSearchParams(given as [string, string][]).toString()}` : ''
}

const timeOf = (ms: number | null): string =>
  ms === null ? 'for good' : new Date(ms).toISOString()

function groupLines(group: ReportGroup): string[] {
  const { personId, site, isOnline, counts, reporters, weight, restrictions, reports, total } =
    group
  const reasons = Object.entries(counts).map(([reason, count]) => `${reason} ${count}`)
  const facts = [
    personId,
    ...(site === '' ? [] : [`site ${site}`]),
    reasons.join(', '),
    `${reporters} independent (weight ${Math.round(weight * 10) / 10})`,
    ...(isOnline ? ['online'] : []),
    ...restrictions.map(({ kind, untilMs, id }) => `${kind} until ${timeOf(untilMs)} (${id})`),
  ]
  const left = total - reports.length
  const more = left > 0 ? [`  ${left} earlier reports`] : []
  return [facts.join(' · '), ...reports.map(reportLine), ...more]
}

function reportLine({ id, atMs, reason, note, hasStill }: ReportGroup['reports'][number]): string {
  // Users write the notes.
  const added = note === null ? '' : `: ${printable(note)}`
  return `  ${timeOf(atMs)} ${id} ${reason}${hasStill ? ', with a picture' : ''}${added}`
}

function banLine({ id, personId, site, untilMs, reason, by, isStored }: BanEntry): string {
  const place = site === '' ? '' : ` · site ${site}`
  const warning = isStored ? '' : ' · in memory only'
  return `${id} · ${personId}${place} · ${reason} · until ${timeOf(untilMs)} · by ${printable(by)}${warning}`
}

function decisionLine(decision: Decision): string {
  const { number, atMs, kind, personId, reason, untilMs, by, banId, note } = decision
  const facts = [
    `${number} ${timeOf(atMs)} ${kind}`,
    personId,
    ...(reason === null ? [] : [reason]),
    ...(untilMs === null ? [] : [`until ${timeOf(untilMs)}`]),
    `by ${printable(by)}`,
    ...(banId === null ? [] : [banId]),
    ...(note === null ? [] : [printable(note)]),
  ]
  return facts.join(' · ')
}
