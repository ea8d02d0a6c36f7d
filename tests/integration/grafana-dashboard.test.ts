// docs/grafana/buddy.json queries only metrics and labels that a server exposes.
import { readFileSync } from 'node:fs'
import { expect, onTestFinished } from 'vitest'
import { z } from 'zod'
import { test } from '../server-fixture.ts'
import { parseMetrics } from './prometheus-text.ts'
import { RawClient } from './raw-client.ts'
import { startWebhookReceiver } from './webhook-receiver.ts'

const target = z.object({ expr: z.string().min(1), refId: z.string(), legendFormat: z.string() })
const panel = z.object({
  id: z.number(),
  type: z.string(),
  title: z.string().min(1),
  gridPos: z.object({ x: z.number(), y: z.number(), w: z.number(), h: z.number() }),
  datasource: z.object({ type: z.string(), uid: z.string() }).optional(),
  targets: z.array(target).default([]),
})
const dashboard = z
  .object({
    // Grafana would ask for these in a form. A dashboard from a file, as in deploy/, has no form.
    __inputs: z.never().optional(),
    id: z.null(),
    uid: z.string(),
    title: z.string(),
    panels: z.array(panel),
    templating: z.object({
      list: z.tuple(
        [
          z.object({
            name: z.literal('DS_PROMETHEUS'),
            type: z.literal('datasource'),
            query: z.literal('prometheus'),
          }),
        ],
        z.object({
          name: z.string(),
          datasource: z.object({ uid: z.string() }),
          query: z.object({ query: z.string() }),
        }),
      ),
    }),
  })
  .parse(
    JSON.parse(readFileSync(new URL('../../docs/grafana/buddy.json', import.meta.url), 'utf8')),
  )
const { panels } = dashboard
const [, ...variables] = dashboard.templating.list
const charts = panels.filter(({ type }) => type !== 'row')
const queries = charts.flatMap(({ title, targets }) => targets.map((each) => ({ title, ...each })))

const functions = new Set(['histogram_quantile', 'max', 'rate', 'sum', 'time'])

/** Returns the metrics and the labels in an expression. @throws Error if a function is unknown */
function namesIn(expr: string): { readonly metrics: string[]; readonly labels: string[] } {
  const labels = [...expr.matchAll(/\bby \(([^)]*)\)/g)].flatMap(([, list = '']) =>
    list.split(',').map((label) => label.trim()),
  )
  const bare = expr.replace(/\bby \([^)]*\)/g, '').replace(/\{[^}]*\}|\[[^\]]*\]/g, '')
  const metrics = []
  for (const [, name = '', call] of bare.matchAll(/\b([a-z_]\w*)\b\s*(\()?/gi)) {
    if (call === undefined) metrics.push(name)
    else if (!functions.has(name)) throw new Error(`unknown function: ${name}`)
  }
  return { metrics, labels }
}

/** Resolves with the types of all metrics, and a function that returns the labels of a metric. */
async function scrape(url: string): Promise<{
  readonly types: ReadonlyMap<string, string>
  readonly labelsOf: (name: string) => ReadonlySet<string>
}> {
  const { types, samples } = parseMetrics(await (await fetch(`${url}/metrics`)).text())
  const labelsOf = (name: string): ReadonlySet<string> =>
    new Set(
      samples.filter((sample) => sample.name === name).flatMap(({ labels }) => Object.keys(labels)),
    )
  return { types, labelsOf }
}

/** Whether a server exposes a series of this name. The parts of a histogram have no type of their own. */
function isExposed(types: ReadonlyMap<string, string>, name: string): boolean {
  const [, base] = /^(.*)_(?:bucket|sum|count)$/.exec(name) ?? []
  if (base !== undefined && types.get(base) === 'histogram') return true
  return types.has(name) && types.get(name) !== 'histogram'
}

test('queries only metrics and labels that exist', async ({ startServer }) => {
  const receiver = await startWebhookReceiver((response) => void response.end())
  onTestFinished(() => receiver.close())
  const { server, url } = await startServer({
    maxUsers: 2,
    webhookUrl: receiver.url,
    webhookSecret: 'of-these-tests-only-3f9c27ab10de',
  })
  // A counter with labels has no sample before its first count, so each kind of event must occur once.
  const one = await RawClient.connect(url)
  one.sendHello()
  const { session } = await one.receive('welcome')
  one.enter()
  await one.receive('waiting')
  const other = await RawClient.join(url, 'Other')
  other.enter()
  await other.receive('matched')
  other.send({ type: 'report', reason: 'spam', room: null })
  other.send({ type: 'diagnosis', reason: 'no-path' })
  other.send({ type: 'leave' })
  await one.receive('partner-left')
  const broken = await RawClient.connect(url)
  for (let index = 0; index < 5; index++) broken.sendRaw('not a binary frame')
  await broken.closed()
  server.ban(session, 1000)
  await one.closed()
  const unread = await RawClient.connect(url, { protocols: ['other.v1'] })
  await unread.closed()
  // The server sends at most four webhooks at a time, so it has counted one before it sends the fifth.
  await receiver.received(({ length }) => length >= 5)

  const { types, labelsOf } = await scrape(url)
  for (const { title, expr } of queries) {
    const { metrics, labels } = namesIn(expr)
    if (expr !== 'time()') expect(metrics, title).not.toEqual([])
    for (const name of metrics) {
      expect(isExposed(types, name), `${name} in “${title}”`).toBe(true)
      // A metric of garbage collection has no sample before the first collection.
      if (name.startsWith('nodejs_gc_')) continue
      for (const label of labels) {
        expect(labelsOf(name), `${label} of ${name} in “${title}”`).toContain(label)
      }
    }
  }
  for (const { name, query, datasource } of variables) {
    expect(datasource.uid, name).toBe('${DS_PROMETHEUS}')
    const [, metric = ''] = /^label_values\((\w+)(?:\{[^}]*\})?, (?:job|instance)\)$/.exec(
      query.query,
    )!
    expect(isExposed(types, metric), `${metric} of variable ${name}`).toBe(true)
  }
})

test('shows every metric of Buddy', async ({ startServer }) => {
  const { url } = await startServer()
  const { types } = await scrape(url)
  const shown = queries.flatMap(({ expr }) => namesIn(expr).metrics)
  for (const name of types.keys()) {
    if (!name.startsWith('buddy_')) continue
    expect(
      shown.some((each) => each === name || each.startsWith(`${name}_`)),
      name,
    ).toBe(true)
  }
})

test('has a query in every panel, and groups by every label that a legend uses', () => {
  for (const { title, targets, datasource } of charts) {
    expect(targets, title).not.toEqual([])
    expect(datasource, title).toEqual({ type: 'prometheus', uid: '${DS_PROMETHEUS}' })
    for (const { expr, legendFormat } of targets) {
      const isSummed = /\b(?:sum|max)\b/.test(expr)
      const named = [...legendFormat.matchAll(/\{\{(\w+)\}\}/g)].map(([, label]) => label)
      if (isSummed) expect(namesIn(expr).labels, title).toEqual(expect.arrayContaining(named))
    }
  }
})

test('can be imported, because it has unique ids and no overlapping panels', () => {
  const ids = panels.map(({ id }) => id)
  expect(new Set(ids).size).toBe(ids.length)
  for (const { title, targets } of panels) {
    const refs = targets.map(({ refId }) => refId)
    expect(new Set(refs).size, title).toBe(refs.length)
  }
  const cells = panels.flatMap(({ gridPos: { x, y, w, h } }) => {
    expect(x + w).toBeLessThanOrEqual(24)
    return Array.from({ length: w * h }, (_, at) => `${x + (at % w)},${y + Math.floor(at / w)}`)
  })
  expect(new Set(cells).size).toBe(cells.length)
})
