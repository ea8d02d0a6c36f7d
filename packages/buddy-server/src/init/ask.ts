import type { OptionName } from '../config/all-settings.ts'
import { settings } from '../config/all-settings.ts'
import { ConfigError } from '../config/config-error.ts'
import { generateKey } from '../config/generate-keys.ts'
import { flagOf } from '../config/key-names.ts'
import { readConfig } from '../config/read-config.ts'
import { readTlsFiles, TlsError } from '../transport/tls-files.ts'
import type { Answers, HttpsKind } from './answers.ts'
import { completeUrl, likelyHttps, likelyTurnHost, trialUrl, turnUrlsOf } from './answers.ts'

/** Asks an operator. Each question resolves with a valid answer, and rejects if the operator cancels. */
export interface Prompts {
  /** Asks for a text. `faultOf` returns why an answer is not allowed; the question is then asked again. */
  text(question: {
    readonly message: string
    readonly initial: string
    readonly faultOf: (answer: string) => string | undefined
  }): Promise<string>
  confirm(question: { readonly message: string; readonly initial: boolean }): Promise<boolean>
  choose<T extends string>(question: {
    readonly message: string
    readonly initial: NoInfer<T>
    readonly choices: readonly { readonly value: T; readonly label: string }[]
  }): Promise<T>
  /** Shows why the last answers cannot be used. */
  warn(message: string): void
}

/** Answers that are already given as flags. They are not asked. */
export interface GivenAnswers {
  readonly publicUrl: string | undefined
  readonly allowedOrigins: readonly string[] | undefined
  readonly https: HttpsKind | undefined
  readonly certFile: string | undefined
  readonly keyFile: string | undefined
  /** False: there is no TURN server. */
  readonly turnHost: string | false | undefined
  readonly hasDashboard: boolean | undefined
}

/**
 * Returns why a server that others can reach would not start with this value, in the words of `check-config`.
 * Undefined if it would.
 */
function faultOf(name: OptionName, value: string): string | undefined {
  const flags = {
    'secret-key': generateKey(),
    'allowed-origins': 'self',
    'turn-secret': generateKey(),
  }
  try {
    readConfig({ flags: { ...flags, [flagOf(settings[name].key)]: value } })
    return value === '' ? `it must be ${settings[name].schema.description}` : undefined
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    return error.message.replace(/^--\S+=.* is not allowed: /, '')
  }
}

/** Returns why this cannot be the host of a TURN server. Undefined if it can. */
export const faultOfTurnHost = (host: string): string | undefined =>
  faultOf('turnUrls', turnUrlsOf(host.trim())[0] ?? '')

const itemsOf = (text: string): string[] => text.split(',').flatMap((item) => item.trim() || [])

/** Asks for each answer that is not given. */
export async function ask(prompts: Prompts, given: GivenAnswers): Promise<Answers> {
  const publicUrl =
    given.publicUrl ??
    completeUrl(
      await prompts.text({
        message: 'Where will visitors reach the server? (a name like chat.example.org, or a URL)',
        initial: trialUrl,
        faultOf: (text) => faultOf('publicUrl', completeUrl(text)),
      }),
    )
  const allowedOrigins =
    given.allowedOrigins ??
    itemsOf(
      await prompts.text({
        message:
          'Which pages embed the chat? (https://www.example.org, …; self: the server’s own page)',
        initial: 'self',
        faultOf: (text) => faultOf('allowedOrigins', text),
      }),
    )
  const https = given.https ?? (await askHttps(prompts, publicUrl))
  const tlsFiles = https === 'server' ? await askTlsFiles(prompts, given) : undefined
  const turnHost = given.turnHost ?? (await askTurnHost(prompts, publicUrl))
  const hasDashboard =
    given.hasDashboard ??
    (await prompts.confirm({
      message: 'Create a password for the dashboard with the figures of the server?',
      initial: true,
    }))
  return {
    publicUrl,
    allowedOrigins,
    https,
    tlsFiles,
    turnHost: turnHost === false ? undefined : turnHost,
    hasDashboard,
  }
}

async function askHttps(prompts: Prompts, publicUrl: string): Promise<HttpsKind> {
  if (likelyHttps(publicUrl) === 'none') return 'none'
  return prompts.choose({
    message: 'Who serves https?',
    initial: 'proxy',
    choices: [
      { value: 'proxy', label: 'a proxy on this machine (nginx, Caddy)' },
      { value: 'platform', label: 'a hosting platform (Render, Fly)' },
      { value: 'server', label: 'the server itself, with a certificate in files' },
    ] satisfies { value: HttpsKind; label: string }[],
  })
}

/** Asks for both files again until a server can use them. */
async function askTlsFiles(
  prompts: Prompts,
  { certFile, keyFile }: Pick<GivenAnswers, 'certFile' | 'keyFile'>,
): Promise<NonNullable<Answers['tlsFiles']>> {
  const faultOfPath = (text: string): string | undefined =>
    text === '' ? 'it must be a path' : undefined
  const files = {
    certFile:
      certFile ??
      (await prompts.text({
        message: 'Which file contains the certificate and its chain (PEM)?',
        initial: '',
        faultOf: faultOfPath,
      })),
    keyFile:
      keyFile ??
      (await prompts.text({
        message: 'Which file contains its private key (PEM)?',
        initial: '',
        faultOf: faultOfPath,
      })),
  }
  try {
    readTlsFiles(files)
    return files
  } catch (error) {
    if (!(error instanceof TlsError) || (certFile !== undefined && keyFile !== undefined))
      throw error
    prompts.warn(error.message)
    return askTlsFiles(prompts, { certFile, keyFile })
  }
}

async function askTurnHost(prompts: Prompts, publicUrl: string): Promise<string | false> {
  const likely = likelyTurnHost(publicUrl)
  const hasTurn = await prompts.confirm({
    message:
      'Do you run a TURN server, such as coturn? (calls need one if there is no direct path)',
    initial: likely !== undefined,
  })
  if (!hasTurn) return false
  return prompts.text({
    message: 'What is the host name of the TURN server?',
    initial: likely ?? '',
    faultOf: faultOfTurnHost,
  })
}
