import { settingGroups } from './all-settings.ts'
import { variableOf } from './key-names.ts'
import { defaultText } from './setting.ts'
import { siteKeyDescriptions } from './site-settings.ts'

const cell = (text: string): string => text.replaceAll('|', '\\|')

/** `docs/configuration.md`, whole. */
export function configurationPage(): string {
  const tables = Object.entries(settingGroups).map(([title, group]) => {
    const rows = Object.entries(group).map(([option, setting]) => {
      const defaultValue = defaultText(option, setting)
      const notes = [setting.description, `Allowed: ${setting.schema.description}.`]
      if (setting.isReloadable) notes.push('_Reloadable._')
      return `| \`${variableOf(setting.key)}\` | \`${option}\` | ${defaultValue && `\`${defaultValue}\``} | ${cell(notes.join(' '))} |`
    })
    return [
      `## ${title}`,
      '',
      '| key | option | default | |',
      '| --- | --- | --- | --- |',
      ...rows,
    ].join('\n')
  })
  const siteRows = Object.entries(siteKeyDescriptions).map(
    ([key, about]) => `| \`${key}\` | ${cell(about)} |`,
  )
  return `${[
    '# Configuration',
    '<!-- Written by `npm run docs` from packages/buddy-server/src/config: change it there. -->',
    'Each setting has one key in three spellings: a flag (`--max-rooms 50`), an environment variable (`MAX_ROOMS=50`) and a line in a YAML or JSON file (`max_rooms: 50`) that `--config` or `CONFIG_FILE` names. A flag goes before the environment, that before the file, that before the default. Times are in seconds; the option of `createBuddyServer`, in the second column, takes milliseconds where its name ends in `Ms`.',
    'What is marked _reloadable_ is read again at SIGHUP (from the file, and from the environment the process was started with); everything else needs a restart.',
    'A wrong value, or a key that is none, ends the start with a sentence for each and exit code 1. `buddy-server check-config` only looks, `buddy-server print-config` shows what would be used and where it comes from, with secrets masked.',
    ...tables,
    '## A site',
    'Each entry of `sites` has these keys, of which `key` and `allowed_origins` are needed:',
    ['| key | |', '| --- | --- |', ...siteRows].join('\n'),
    '`SITES` and `--sites` take the same list as JSON.',
  ].join('\n\n')}\n`
}
