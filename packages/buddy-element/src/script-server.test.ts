import { expect, test } from 'vitest'
import { scriptServer } from './script-server.ts'

test.for([
  ['https://chat.example/buddy-chat.js', 'https://chat.example/'],
  ['https://chat.example/buddy-chat.js?a#b', 'https://chat.example/'],
  ['https://site.example/chat/buddy-chat.js', 'https://site.example/chat/'],
  ['https://chat.example/v/1.2.3/buddy-chat.js', 'https://chat.example/'],
  ['https://site.example/chat/v/1.2.3/buddy-chat.js', 'https://site.example/chat/'],
  // The folder of another version is no folder of this server.
  ['https://chat.example/v/1.2.4/buddy-chat.js', 'https://chat.example/v/1.2.4/'],
  ['https://chat.example/dev/1.2.3/buddy-chat.js', 'https://chat.example/dev/1.2.3/'],
] as const)('the server of the script %s is %s', ([src, server]) => {
  expect(scriptServer(src, '1.2.3')).toBe(server)
})
