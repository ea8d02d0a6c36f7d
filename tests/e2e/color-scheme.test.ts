// The element follows the color scheme of its page. It follows the system's preference only if the
// page does.
import { expect } from 'vitest'
import { test } from './fixtures.ts'

const dark = 'rgb(18, 19, 28)'
const light = 'rgb(246, 245, 251)'

for (const [choice, head, inLight, inDark] of [
  ['is light', '<style>:root { color-scheme: light }</style>', light, light],
  ['is dark', '<style>:root { color-scheme: dark }</style>', dark, dark],
  ['follows the system', '<style>:root { color-scheme: light dark }</style>', light, dark],
  [
    'follows the system through a meta element',
    '<meta name="color-scheme" content="light dark" />',
    light,
    dark,
  ],
  ['sets no color scheme', '', light, light],
  [
    'sets the color scheme of the element',
    '<style>buddy-chat { color-scheme: dark }</style>',
    dark,
    dark,
  ],
] as const) {
  test(`the element follows the color scheme of a page that ${choice}`, async ({
    startServer,
    hostPage,
    visit,
  }) => {
    const { url } = await startServer()
    const { page } = await visit(
      await hostPage(
        `<!doctype html><html lang="en"><head>${head}<script src="${url}/buddy-chat.js"></script></head><body><buddy-chat></buddy-chat></body></html>`,
      ),
    )
    const colourIn = async (value: string): Promise<string> => {
      await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value }])
      return page.$eval('buddy-chat', (element) => getComputedStyle(element).backgroundColor)
    }
    expect([await colourIn('light'), await colourIn('dark')]).toEqual([inLight, inDark])
  })
}
