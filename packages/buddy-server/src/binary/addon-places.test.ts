import { describe, expect, test } from 'vitest'
import { addonPlaces } from './addon-places.ts'

const folders = (given: Partial<Parameters<typeof addonPlaces>[0]>): readonly string[] =>
  addonPlaces({
    platform: 'linux',
    environment: {},
    home: '/home/ana',
    executable: '/opt/bin/buddy-server',
    ...given,
  }).map(({ folder, isTemporary }) => (isTemporary ? `${folder} for one start` : folder))

const temporary = ['/tmp', '/var/tmp', '/dev/shm', '/opt/bin'].map(
  (name) => `${name} for one start`,
)

describe.skipIf(process.platform === 'win32')(
  '(skipped on Windows, where paths are different)',
  () => {
    test('the addon goes to the cache of the user, else to temporary folders, else beside the executable', () => {
      expect(folders({})).toEqual(['/home/ana/.cache/buddy-server', ...temporary])
      expect(folders({ home: undefined })).toEqual(temporary)
    })

    test('the places follow the variables of systemd, XDG and POSIX', () => {
      const environment = {
        CACHE_DIRECTORY: '/var/cache/buddy:/var/cache/other',
        XDG_CACHE_HOME: '/caches/ana',
        TMPDIR: '/scratch',
      }
      expect(folders({ environment })).toEqual([
        '/var/cache/buddy',
        '/caches/ana/buddy-server',
        '/scratch for one start',
        ...temporary,
      ])
    })

    test('a relative XDG_CACHE_HOME and empty variables are ignored', () => {
      const environment = { XDG_CACHE_HOME: 'caches', CACHE_DIRECTORY: '', TMPDIR: '' }
      expect(folders({ environment })).toEqual(['/home/ana/.cache/buddy-server', ...temporary])
    })

    test('BUDDY_CACHE_DIR is the only place', () => {
      const environment = { BUDDY_CACHE_DIR: '/srv/buddy', CACHE_DIRECTORY: '/var/cache/buddy' }
      expect(folders({ environment })).toEqual(['/srv/buddy'])
    })

    test('macOS has a cache folder of its own', () => {
      const [first] = folders({ platform: 'darwin', home: '/Users/ana' })
      expect(first).toBe('/Users/ana/Library/Caches/buddy-server')
    })

    test('on Windows the only place is the cache of the user, because others are open to other users', () => {
      const environment = { LOCALAPPDATA: '/AppData/Local', TMPDIR: '/temp' }
      expect(folders({ platform: 'win32', environment })).toEqual(['/AppData/Local/buddy-server'])
    })
  },
)
