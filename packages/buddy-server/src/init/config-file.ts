import { stringify } from 'yaml'
import type { OptionName } from '../config/all-settings.ts'
import { settings } from '../config/all-settings.ts'
import { generateKey } from '../config/generate-keys.ts'
import { fileKeyOf } from '../config/key-names.ts'
import { inFileForm } from '../config/print-config.ts'
import type { Answers } from './answers.ts'
import { turnUrlsOf } from './answers.ts'

/** Values of options, and the comment above each group of them. */
type Section = readonly [comment: readonly string[], values: Partial<Record<OptionName, unknown>>]

function listening({ https, publicUrl, tlsFiles }: Answers): Section {
  const { port } = new URL(publicUrl)
  switch (https) {
    case 'proxy': {
      const comment = [
        'A proxy on this machine serves https, and passes requests and WebSockets on to this address. The server',
        'takes the address of a visitor from the X-Forwarded-For of these proxies.',
      ]
      return [comment, { host: '127.0.0.1', port: 3000, trustedProxies: ['127.0.0.1', '::1'] }]
    }
    case 'platform': {
      const comment = [
        'The hosting platform serves https, and sets the environment variable PORT. The server takes the address of',
        'a visitor from the last entry of X-Forwarded-For: it must be reachable through the platform only.',
      ]
      return [comment, { host: '0.0.0.0', port: 3000, trustedProxyHops: 1 }]
    }
    case 'server': {
      const { certFile, keyFile } = tlsFiles ?? { certFile: '', keyFile: '' }
      const comment = [
        'The server itself serves https. SIGHUP reads both files again, so send it after each renewal.',
      ]
      return [
        comment,
        { host: '0.0.0.0', port: Number(port) || 443, tlsCertFile: certFile, tlsKeyFile: keyFile },
      ]
    }
    case 'none': {
      const comment = [
        'For a trial on this machine: browsers give a page without https the camera on localhost only.',
      ]
      return [comment, { host: '127.0.0.1', port: Number(port) || 80 }]
    }
  }
}

function sections(answers: Answers): Section[] {
  const { publicUrl, allowedOrigins, turnHost, hasDashboard } = answers
  return [
    [
      ['Where visitors reach the server. `buddy-server doctor` checks this address.'],
      { publicUrl },
    ],
    listening(answers),
    [
      ['Pages that may connect. "self" is the page that the server itself serves.'],
      { allowedOrigins },
    ],
    [
      [
        'Encrypts the tokens that resume sessions. If it changes, calls do not survive a restart of the server.',
      ],
      { secretKey: generateKey() },
    ],
    hasDashboard
      ? [
          ['The password of /dashboard (with any user name), and the token for /metrics.'],
          { adminToken: generateKey() },
        ]
      : [['Without admin_token there is no /dashboard, and /metrics is open to everyone.'], {}],
    turnHost === undefined
      ? [
          [
            'Without a TURN server, calls fail that find no direct path. Set turn_urls and turn_secret.',
          ],
          {},
        ]
      : [
          [
            'Relays calls that find no direct path. `buddy-server turn-config` prints the file for coturn.',
          ],
          { turnUrls: turnUrlsOf(turnHost), turnSecret: generateKey() },
        ],
    [['Users and rooms at a time.'], { maxUsers: 200, maxRooms: 100 }],
  ]
}

/**
 * Returns the text of a configuration file with new secrets.
 * @param given values of options that replace those of the answers, or are added to them
 */
export function configFile(
  answers: Answers,
  given: Partial<Record<OptionName, unknown>> = {},
): string {
  const parts = sections(answers)
  const known = new Set(parts.flatMap(([, values]) => Object.keys(values)))
  const added = Object.fromEntries(Object.entries(given).filter(([name]) => !known.has(name)))
  if (Object.keys(added).length > 0) parts.push([['Settings given as flags.'], added])
  const head = [
    '# Configuration of a Buddy server, made by `buddy-server init`. It contains secrets: keep it out of version',
    '# control. Every setting: https://github.com/buddy-chat/buddy/blob/main/docs/configuration.md',
  ].join('\n')
  const texts = parts.map(([comment, values]) => {
    const lines = Object.entries(values).map(([name, value]) => {
      const wanted = Object.hasOwn(given, name) ? given[name as OptionName] : value
      const key = fileKeyOf(settings[name as OptionName].key)
      return stringify({ [key]: inFileForm(name as OptionName, wanted) }).trimEnd()
    })
    return [...comment.map((line) => `# ${line}`), ...lines].join('\n')
  })
  return `${[head, ...texts].join('\n\n')}\n`
}
