import { setting } from './setting.ts'
import { appealUrl } from './site-settings.ts'
import { boolean, seconds, text, wholeNumber } from './value-schemas.ts'

const isReloadable = true

/** The settings of reports, bans and blocks, in one group of `docs/configuration.md`. */
export const safetySettings = {
  dataDir: setting({
    key: 'DATA_DIR',
    schema: text('a path'),
    defaultValue: '',
    description:
      'Folder in which the server keeps reports, bans, blocks and decisions. Only one server may use it. Without a folder, they end with the process.',
  }),
  retentionDays: setting({
    key: 'RETENTION_DAYS',
    schema: wholeNumber(1, 365),
    defaultValue: 30,
    description:
      'How long reports with their notes and pictures are kept, and warnings that could not be delivered.',
    isReloadable,
  }),
  auditRetentionDays: setting({
    key: 'AUDIT_RETENTION_DAYS',
    schema: wholeNumber(1, 3650),
    defaultValue: 180,
    description:
      'How long entries of the audit log are kept. In the EU, people can complain for six months.',
    isReloadable,
  }),
  appealUrl: setting({
    key: 'APPEAL_URL',
    schema: appealUrl,
    defaultValue: '',
    description: 'The address for appeals. People who are warned, slowed or banned receive it.',
    isReloadable,
  }),
  slowAfterReports: setting({
    key: 'SLOW_AFTER_REPORTS',
    schema: wholeNumber(0, 1000),
    defaultValue: 3,
    description:
      'If this many independent people report a person within the window, the searches of that person are slowed. 0: never.',
    isReloadable,
  }),
  banAfterReports: setting({
    key: 'BAN_AFTER_REPORTS',
    schema: wholeNumber(0, 1000),
    defaultValue: 6,
    description:
      'If this many independent people report a person within the window, that person is banned for a time. 0: never.',
    isReloadable,
  }),
  reportWindowMs: setting({
    key: 'REPORT_WINDOW_SECONDS',
    schema: seconds(60, 30 * 86_400),
    defaultValue: 3_600_000,
    description: 'The window of these two rules.',
    isReloadable,
  }),
  slowMs: setting({
    key: 'SLOW_SECONDS',
    schema: seconds(1, 365 * 86_400),
    defaultValue: 3_600_000,
    description: 'How long searches stay slowed.',
    isReloadable,
  }),
  slowedSearchMs: setting({
    key: 'SLOWED_SEARCH_SECONDS',
    schema: seconds(0, 3600),
    defaultValue: 10_000,
    description: 'How long each search of a slowed person waits before it can be matched.',
    isReloadable,
  }),
  banMs: setting({
    key: 'BAN_SECONDS',
    schema: seconds(1, 365 * 86_400),
    defaultValue: 3_600_000,
    description: 'How long a ban by the rule lasts.',
    isReloadable,
  }),
  addressBanMs: setting({
    key: 'ADDRESS_BAN_SECONDS',
    schema: seconds(0, 365 * 86_400),
    defaultValue: 7 * 86_400_000,
    description:
      'The maximum time for which a ban also refuses the address of the banned person. Other users may share or get that address. 0: a ban refuses no address.',
    isReloadable,
  }),
  blockMs: setting({
    key: 'BLOCK_SECONDS',
    schema: seconds(3600, 3650 * 86_400),
    defaultValue: 30 * 86_400_000,
    description:
      'How long two users of whom one has blocked or reported the other never meet. Applies to new blocks.',
    isReloadable,
  }),
  repeatedTextRooms: setting({
    key: 'REPEATED_TEXT_ROOMS',
    schema: wholeNumber(0, 100),
    defaultValue: 8,
    description:
      'Number of rooms in which a person may send nearly the same first text of 60 letters or more. A text of any length with a link, handle or telephone number is allowed in half as many. Beyond that, such texts are dropped, and the person is slowed. 0: texts are not compared.',
    isReloadable,
  }),
  repeatedTextWindowMs: setting({
    key: 'REPEATED_TEXT_WINDOW_SECONDS',
    schema: seconds(60, 3600),
    defaultValue: 600_000,
    description: 'The window of this rule. Fingerprints of texts are dropped after it.',
    isReloadable,
  }),
  newVisitorMs: setting({
    key: 'NEW_VISITOR_SECONDS',
    schema: seconds(0),
    defaultValue: 600_000,
    description:
      'How long a new visitor has lower limits for links and for Next. 0: no lower limits.',
    isReloadable,
  }),
  areStillsKept: setting({
    key: 'KEEP_STILLS',
    schema: boolean,
    defaultValue: true,
    description: 'Keep the pictures that users attach to reports. If false, the server drops them.',
    isReloadable,
  }),
  areNotesInWebhooks: setting({
    key: 'WEBHOOK_NOTES',
    schema: boolean,
    defaultValue: false,
    description: 'Send the notes of reports and decisions in webhooks. Pictures are never sent.',
  }),
} as const
