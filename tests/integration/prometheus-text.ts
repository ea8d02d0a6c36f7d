interface Sample {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

/** The parsed response of `/metrics`. */
export interface Exposition {
  /** The type of each metric, by name. */
  readonly types: ReadonlyMap<string, string>
  readonly samples: readonly Sample[]
  /** Returns the sum of all samples of `name` that have `labels`; undefined if there is none. */
  readonly value: (name: string, labels?: Readonly<Record<string, string>>) => number | undefined
}

/**
 * Parses the text format of Prometheus (prometheus.io/docs/instrumenting/exposition_formats).
 * @throws Error if a line is invalid, a sample has no type or help, or a sample occurs twice
 */
export function parseMetrics(text: string): Exposition {
  const types = new Map<string, string>()
  const helps = new Set<string>()
  const samples: Sample[] = []
  const seen = new Set<string>()
  if (!text.endsWith('\n')) throw new Error('the last line has no line break')
  for (const line of text.split('\n').filter((each) => each !== '')) {
    const [, help] = /^# HELP ([a-z_]\w*) \S/.exec(line) ?? []
    const [, typed, type] =
      /^# TYPE ([a-z_]\w*) (counter|gauge|histogram|summary|untyped)$/.exec(line) ?? []
    if (help !== undefined) helps.add(help)
    else if (typed !== undefined && type !== undefined) types.set(typed, type)
    else {
      const match = /^([a-z_]\w*)(?:\{(.*)\})? (\S+)$/.exec(line)
      if (!match) throw new Error(`invalid line: ${line}`)
      const [, name = '', inner = '', value = ''] = match
      const pairs = [...inner.matchAll(/([a-z_]\w*)="((?:[^"\\]|\\.)*)",?/g)]
      if (pairs.map(([whole]) => whole).join('') !== inner)
        throw new Error(`invalid labels: ${line}`)
      const base = types.has(name) ? name : name.replace(/_(bucket|sum|count)$/, '')
      if (!types.has(base) || !helps.has(base)) throw new Error(`no type or help for ${name}`)
      const key = `${name}{${inner}}`
      if (seen.has(key)) throw new Error(`duplicate sample: ${key}`)
      seen.add(key)
      const number = value === '+Inf' ? Infinity : Number(value)
      if (Number.isNaN(number) && value !== 'Nan' && value !== 'NaN')
        throw new Error(`invalid value: ${line}`)
      const labels = Object.fromEntries(pairs.map(([, label = '', is = '']) => [label, is]))
      samples.push({ name, labels, value: number })
    }
  }
  return {
    types,
    samples,
    value: (name, labels = {}) => {
      const found = samples.filter(
        (sample) =>
          sample.name === name &&
          Object.entries(labels).every(([label, is]) => sample.labels[label] === is),
      )
      return found.length === 0 ? undefined : found.reduce((sum, { value }) => sum + value, 0)
    },
  }
}
