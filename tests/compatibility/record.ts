// npm run record -- --version X: records the conversations of this checkout's client and server, and keeps
// them as those of version X. Until X is released, its folder may be deleted to record it again.
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { FlagError, runCommand } from '../load/flags.ts'
import type { Conversation } from './conversations.ts'
import { conversations } from './conversations.ts'
import { formatLine, recordingsFolder } from './recording.ts'
import { Stage } from './stage.ts'

/** Returns the text of the recording. */
async function record({ settings, run }: Conversation, version: string): Promise<string> {
  const stage = new Stage(settings)
  try {
    await stage.starts()
    await run(stage)
    return [
      `# Recorded by \`npm run record -- --version ${version}\`. Never change it.`,
      ...stage.lines.map(formatLine),
      '',
    ].join('\n')
  } finally {
    await stage.clear()
  }
}

async function main(): Promise<boolean> {
  const { values } = parseArgs({ options: { version: { type: 'string' }, to: { type: 'string' } } })
  const { version, to = recordingsFolder } = values
  if (version === undefined || !/^\d+\.\d+\.\d+$/.test(version)) {
    throw new FlagError(`--version is "${version ?? ''}": it must be a version such as 0.1.0.`)
  }
  const folder = join(to, version)
  if (existsSync(folder)) {
    throw new FlagError(`There are recordings of ${version}, which must not change: ${folder}`)
  }
  // The folder is complete or missing, also if a conversation fails.
  const unfinished = `${folder}.unfinished`
  rmSync(unfinished, { recursive: true, force: true })
  mkdirSync(unfinished, { recursive: true })
  const recordAndWrite = async (conversation: Conversation): Promise<void> => {
    const text = await record(conversation, version)
    writeFileSync(join(unfinished, `${conversation.name}.txt`), text)
    console.log(`${conversation.name}: ${text.split('\n').length - 2} lines`)
  }
  await Promise.all(conversations.map(recordAndWrite))
  renameSync(unfinished, folder)
  return true
}

await runCommand(main)
process.exit()
