import { operationsPage } from '../documentation.ts'
import type { Answers } from './answers.ts'

/** Returns the command by which the operator has started this process. */
export function commandName(environment: Readonly<Record<string, string | undefined>>): string {
  return environment['npm_command'] === 'exec' ? 'npx @buddy-chat/server' : 'buddy-server'
}

/** Returns what to do after the file was written, as lines for the terminal. */
export function nextSteps(answers: Answers, file: string, command: string): string {
  const { publicUrl, https, turnHost, hasDashboard } = answers
  const path = /^[\w./-]+$/.test(file) ? file : `'${file.replaceAll("'", "'\\''")}'`
  const run = `${command} --config ${path}`
  const page = new URL(`${publicUrl}/`)
  const steps: [what: string, how: string][] = [['Start the server', run]]
  if (https === 'proxy') {
    steps.push(['Configure the proxy, with WebSockets', `${operationsPage}#tls`])
  }
  if (https === 'server') {
    steps.push(['Renew the certificate, and ports below 1024', `${operationsPage}#without-a-proxy`])
  }
  if (turnHost !== undefined) {
    steps.push([
      `Set up coturn on ${turnHost}`,
      `${run} turn-config   (prints /etc/turnserver.conf; see ${operationsPage}#turn)`,
    ])
  }
  steps.push(['Check everything', `${run} doctor`])
  if (hasDashboard) {
    steps.push([
      'Open the dashboard',
      `${new URL('dashboard', page).href}   (any user name; the password is admin_token in the file)`,
    ])
  }
  steps.push([
    'Add the chat to a page',
    `<script src="${new URL('buddy-chat.js', page).href}" defer></script> <buddy-chat></buddy-chat>`,
  ])
  return steps.map(([what, how]) => `${what}:\n  ${how}`).join('\n')
}
