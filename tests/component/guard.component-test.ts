// What the element does for each verdict of a page's guard. The guard is a stub, whose verdict the test
// chooses. The pictures are those of the browser's fake camera. The real model is tested in tests/e2e.
import type { Guard, GuardVerdict } from '@buddy-chat/client/guard'
import { expect } from 'chai'
import type { BuddyChat } from './stage.ts'
import {
  clear,
  expectAccessible,
  expectToFit,
  isShown,
  meet,
  mount,
  newLobby,
  part,
  press,
  until,
  untilShown,
  untilState,
  visibleText,
} from './stage.ts'

teardown(clear)

/** A guard with one verdict on every picture. */
class StubGuard implements Guard {
  verdict: GuardVerdict
  checks = 0
  closed = 0

  constructor(verdict: GuardVerdict) {
    this.verdict = verdict
  }

  async check(frame: ImageBitmap): ReturnType<Guard['check']> {
    this.checks += 1
    if (frame.width < 2 || frame.width > 320) throw new Error(`a picture of ${frame.width} pixels`)
    return { verdict: this.verdict, label: 'stub', score: 1 }
  }

  close(): void {
    this.closed += 1
  }
}

/**
 * Connects Ana with Bob, who has no camera. So a guard of Ana sees only her own picture, and a guard of Bob only
 * that of his partner.
 */
const meetOneCamera = (): Promise<[BuddyChat, BuddyChat]> => meet({}, { novideo: '' })

/** Records the details of `buddy-guard` events, in an array that grows. */
function record(chat: BuddyChat): string[] {
  const verdicts: string[] = []
  chat.addEventListener('buddy-guard', ({ detail }) => {
    verdicts.push(`${detail.subject} ${detail.verdict} ${detail.label}`)
  })
  return verdicts
}

suite('the partner’s picture', () => {
  test('is blurred by `veil`, until the visitor presses “Show anyway”; the next partner’s picture is checked again', async () => {
    const [ana, bob] = await meetOneCamera()
    const verdicts = record(bob)
    bob.guard = new StubGuard('veil')
    await untilShown(bob, 'Ana’s picture may be explicit, so it is blurred.')
    const video = part<HTMLVideoElement>(bob, 'remote-video')!
    expect(getComputedStyle(video).filter).to.contain('blur')
    await until('the announcement', () =>
      bob.renderRoot.querySelector('[role="status"]')?.textContent?.includes('so it is blurred'),
    )
    await expectAccessible(bob)
    await expectToFit(bob)

    await press(bob, 'show-partner-button')
    expect(getComputedStyle(video).filter).to.equal('none')
    expect(isShown(bob, 'partner-veil')).to.equal(false)
    expect(verdicts).to.deep.equal(['partner veil stub'])

    ana.next()
    await until('the veil of the next call', () => isShown(bob, 'partner-veil'))
    expect(verdicts).to.deep.equal(['partner veil stub', 'partner veil stub'])
  })

  test('is shown again when the guard finds it harmless', async () => {
    const [, bob] = await meetOneCamera()
    const guard = new StubGuard('veil')
    bob.guard = guard
    await until('the veil', () => isShown(bob, 'partner-veil'))
    guard.verdict = 'ok'
    await until('the picture', () => !isShown(bob, 'partner-veil'))
  })

  test('makes `warn` a notice', async () => {
    const [, bob] = await meetOneCamera()
    bob.guard = new StubGuard('warn')
    await untilShown(bob, 'Ana’s picture may be revealing.')
    expect(isShown(bob, 'partner-veil')).to.equal(false)
    await expectAccessible(bob)
  })

  test('makes `leave` end the call, and says why', async () => {
    const [ana, bob] = await meetOneCamera()
    const left: string[] = []
    ana.addEventListener('buddy-leave', ({ detail }) => left.push(detail.reason))
    bob.guard = new StubGuard('leave')
    await until('the end of the call', () => left.length > 0)
    bob.guard = null
    expect(left[0]).to.equal('partner-next')
    await until('the notice', () => bob.renderRoot.textContent?.includes('You left Ana'))
  })
})

suite('the visitor’s own picture', () => {
  for (const verdict of ['veil', 'leave'] as const) {
    test(`is not sent after \`${verdict}\`, until the visitor sends it again`, async () => {
      const [ana, bob] = await meetOneCamera()
      const verdicts = record(ana)
      const guard = new StubGuard(verdict)
      ana.guard = guard
      await untilShown(ana, 'Your picture may be explicit, so it is not sent.')
      expect(ana.client.sending.video).to.equal(false)
      expect(ana.localStream?.getVideoTracks()[0]?.enabled).to.equal(false)
      await untilState(bob, 'connected')
      await untilShown(bob, 'Ana’s camera is off')
      await expectAccessible(ana)
      await expectToFit(ana)

      await press(ana, 'show-self-button')
      expect(ana.client.sending.video).to.equal(true)
      expect(isShown(ana, 'self-hidden')).to.equal(false)
      // Still the same picture, so the same verdict.
      await until('the second verdict', () => verdicts.length === 2)
      expect(verdicts).to.deep.equal([`self ${verdict} stub`, `self ${verdict} stub`])
      expect(ana.client.sending.video).to.equal(false)
    })
  }

  test('can also be sent again by the camera’s button', async () => {
    const [ana] = await meetOneCamera()
    const guard = new StubGuard('veil')
    ana.guard = guard
    await until('the reason', () => isShown(ana, 'self-hidden'))
    guard.verdict = 'ok'
    await press(ana, 'camera-button')
    expect(ana.client.sending.video).to.equal(true)
    expect(isShown(ana, 'self-hidden')).to.equal(false)
  })

  test('makes `warn` a notice', async () => {
    const [ana] = await meetOneCamera()
    ana.guard = new StubGuard('warn')
    await untilShown(ana, 'Your picture may be revealing.')
    expect(ana.client.sending.video).to.equal(true)
  })

  test('is sent again with the next start', async () => {
    const [ana] = await meetOneCamera()
    ana.guard = new StubGuard('veil')
    await until('the reason', () => isShown(ana, 'self-hidden'))
    ana.stop()
    ana.guard = null
    await ana.start()
    expect(ana.client.sending.video).to.equal(true)
  })
})

suite('a page that changes its guard', () => {
  for (const replacement of [null, new StubGuard('ok')]) {
    const what = replacement ? 'sets another one' : 'removes it'

    test(`and ${what}: the own picture stays unsent, and the visitor can send it again`, async () => {
      const [ana] = await meetOneCamera()
      ana.guard = new StubGuard('veil')
      await until('the reason', () => isShown(ana, 'self-hidden'))
      ana.guard = replacement
      await ana.updateComplete
      expect(ana.client.sending.video).to.equal(false)
      await untilShown(ana, 'Your picture may be explicit, so it is not sent.')
      await press(ana, 'show-self-button')
      expect(ana.client.sending.video).to.equal(true)
      expect(isShown(ana, 'self-hidden')).to.equal(false)
    })

    test(`and ${what}: the next start begins with the camera on`, async () => {
      const [ana] = await meetOneCamera()
      ana.guard = new StubGuard('veil')
      await until('the reason', () => isShown(ana, 'self-hidden'))
      ana.guard = replacement
      await ana.updateComplete
      ana.stop()
      await ana.updateComplete
      expect(isShown(ana, 'self-hidden')).to.equal(false)
      await ana.start()
      expect(ana.client.sending.video).to.equal(true)
    })
  }

  test('and removes it: the partner’s picture stays blurred until the visitor shows it, or the next partner', async () => {
    const [ana, bob] = await meetOneCamera()
    bob.guard = new StubGuard('veil')
    await until('the veil', () => isShown(bob, 'partner-veil'))
    bob.guard = null
    await bob.updateComplete
    expect(isShown(bob, 'partner-veil')).to.equal(true)
    await press(bob, 'show-partner-button')
    expect(isShown(bob, 'partner-veil')).to.equal(false)

    bob.guard = new StubGuard('veil')
    ana.next()
    await until('the veil of the next call', () => isShown(bob, 'partner-veil'))
    bob.guard = null
    ana.next()
    await until('the next call', () => !isShown(bob, 'partner-veil'))
  })

  test('and sets another one: it decides whether the partner’s picture is shown again', async () => {
    const [, bob] = await meetOneCamera()
    bob.guard = new StubGuard('veil')
    await until('the veil', () => isShown(bob, 'partner-veil'))
    const other = new StubGuard('veil')
    bob.guard = other
    await until('three checks', () => other.checks > 2)
    expect(isShown(bob, 'partner-veil')).to.equal(true)
    other.verdict = 'ok'
    await until('the picture', () => !isShown(bob, 'partner-veil'))
  })

  test('because it has failed: the other one is used at once', async () => {
    const [ana] = await meetOneCamera()
    let failures = 0
    ana.addEventListener('buddy-error', () => (failures += 1))
    ana.guard = () => Promise.reject(new Error('none'))
    await until('the failure', () => failures > 0)
    const other = new StubGuard('ok')
    ana.guard = other
    await until('a check', () => other.checks > 0)
  })
})

suite('with pictures that are covered until both users agree', () => {
  /** Connects Ana with Bob, who has no camera. Both send only coarse pictures until both agree. */
  async function meetCovered(guard: Guard): Promise<[BuddyChat, BuddyChat, string[]]> {
    const lobby = newLobby()
    const [ana, bob] = [await mount({ lobby, name: 'Ana' }), await mount({ lobby, novideo: '' })]
    for (const chat of [ana, bob]) {
      const options = chat.clientOptions.bind(chat)
      chat.clientOptions = () => ({ ...options(), reveal: 'mutual' })
    }
    const agreed: string[] = []
    ana.client.on('reveal', ({ self }) => agreed.push(self ? 'agreed' : 'covered'))
    ana.guard = guard
    await Promise.all([ana.start(), bob.start()])
    await Promise.all([untilState(ana, 'connected'), untilState(bob, 'connected')])
    return [ana, bob, agreed]
  }

  test('`veil` covers the own picture again, and the camera stays on', async () => {
    const guard = new StubGuard('veil')
    const [ana, , agreed] = await meetCovered(guard)
    const verdicts = record(ana)
    ana.client.setRevealed(true)
    await untilShown(ana, 'Your picture may be explicit, so only a coarse one is sent.')
    expect(agreed).to.deep.equal(['covered', 'agreed', 'covered'])
    expect(ana.client.sending.video).to.equal(true)
    await expectAccessible(ana)

    guard.verdict = 'ok'
    await press(ana, 'show-self-button')
    expect(isShown(ana, 'self-hidden')).to.equal(false)
    const before = guard.checks
    await until('two more checks', () => guard.checks > before + 1)
    expect(agreed.at(-1)).to.equal('agreed')
    expect(verdicts).to.deep.equal(['self veil stub'])
  })

  test('a verdict from before the agreement changes nothing until there is one', async () => {
    const guard = new StubGuard('veil')
    const [ana, bob, agreed] = await meetCovered(guard)
    await until('three checks', () => guard.checks > 2)
    expect([agreed, ana.client.sending.video]).to.deep.equal([['covered'], true])
    expect(isShown(ana, 'self-hidden')).to.equal(false)
    ana.client.setRevealed(true)
    await until('the picture to be covered', () => agreed.at(-1) === 'covered')
    await until('the reason', () => isShown(ana, 'self-hidden'))
    // The reason belongs to the call with this partner.
    bob.next()
    await until('the next call', () => !isShown(ana, 'self-hidden'))
  })
})

test('if a page cancels `buddy-guard`, the element does nothing', async () => {
  const [ana] = await meetOneCamera()
  const verdicts = record(ana)
  ana.addEventListener('buddy-guard', (event) => event.preventDefault())
  ana.guard = new StubGuard('leave')
  await until('the verdict', () => verdicts.length > 0)
  expect(ana.client.sending.video).to.equal(true)
  expect(isShown(ana, 'self-hidden')).to.equal(false)
})

test('a guard is loaded only when a video chat has started, and closed when it has ended', async () => {
  const guard = new StubGuard('ok')
  let loads = 0
  const load = (): Guard => {
    loads += 1
    return guard
  }
  const chat = await mount({ mode: 'text' })
  chat.guard = load
  await chat.start()
  await untilState(chat, 'waiting')
  chat.stop()
  chat.mode = 'video'
  await chat.updateComplete
  expect(loads).to.equal(0)
  await chat.start()
  await until('a check', () => guard.checks > 0)
  chat.stop()
  await until('the end of the guard', () => guard.closed > 0)
  expect([loads, guard.closed]).to.deep.equal([1, 1])
})

test('the attribute loads a module with `createGuard`', async () => {
  const code = `export const createGuard = () => ({
    check: async () => ({ verdict: 'warn', label: 'of the module', score: 1 }),
    close() {},
  })`
  const [ana] = await meet({}, { novideo: '' })
  const verdicts = record(ana)
  ana.setAttribute('guard', `data:text/javascript,${encodeURIComponent(code)}`)
  await until('the verdict', () => verdicts.includes('self warn of the module'))
})

test('if the guard cannot be loaded, `buddy-error` says so once, and the call goes on', async () => {
  const [ana] = await meetOneCamera()
  const errors: string[] = []
  ana.addEventListener('buddy-error', ({ detail }) => {
    errors.push(`${detail.error.code}: ${detail.error.message}`)
  })
  ana.setAttribute('guard', 'data:text/javascript,export const nothing = 1')
  await until('the error', () => errors.length > 0)
  expect(errors).to.deep.equal([
    'guard-failed: pictures are not checked any more: data:text/javascript,export const nothing = 1 does not export createGuard',
  ])
  expect(visibleText(ana)).to.not.contain('guard')
  expect(ana.state).to.equal('connected')
})
