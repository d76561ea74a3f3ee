/** Runs on paper: a table of many, one at length, two beside each other. */
import type { Run } from 'striate'
import { plot, rangeOf } from '../terminal/plot.ts'
import { type Column, table } from '../terminal/table.ts'
import type { Terminal } from '../terminal/terminal.ts'
import { count, duration } from '../terminal/wording.ts'
import { bestOf, type Differing, differing, figure, settingsOf, valueAt } from './figures.ts'

const right = 'right'

/** Settings that stand in the table anyway. */
const hasColumn = ['network', 'epochs']

/** A row for each run: how far it came, how good it got, how long it took, and what sets it apart. */
export function listed(runs: readonly Run[], metric: string, { paint, width }: Terminal): string[] {
  // What only some kinds of run have differs because the kind does.
  const apart = differing(runs).filter(
    ({ name, values }) => !hasColumn.includes(name) && values.every((value) => value !== undefined),
  )
  const columns: Column[] = [
    { heading: 'name' },
    { heading: 'network' },
    { heading: 'status' },
    { heading: 'epochs', align: right },
    { heading: `best ${metric}`, align: right },
    { heading: 'at', align: right },
    { heading: 'time', align: right },
    ...(apart.length === 0 ? [] : [{ heading: 'differing settings' }]),
  ]
  const rows = runs.map((run, at) => {
    const best = bestOf(run, metric)
    const settings = apart.map(
      ({ name, values }) => `${shortName(name, apart)} ${figure(values[at])}`,
    )
    return [
      paint.accent(run.name),
      run.config.network,
      run.status,
      `${run.epochs.length}/${run.config.epochs}`,
      best === null ? '–' : figure(best.value),
      best === null ? '' : `${best.epoch}`,
      duration(run.seconds),
      settings.join(', '),
    ]
  })
  return table(columns, rows, paint.strong).map((line) => cut(line, width() - 1))
}

/** `optimizer.learningRate` as `learningRate`, where no other setting is called so. */
function shortName(name: string, all: readonly Differing[]): string {
  const last = name.replace(/^.*\./, '')
  const others = all.filter((each) => each.name.replace(/^.*\./, '') === last)
  return others.length > 1 ? name : last
}

/** Whole lines only, since a line that wraps makes a table unreadable; colours stand in the first column. */
function cut(line: string, columns: number): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters to be kept.
  const parts = line.split(/(\u001b\[[0-9;]*m)/)
  let left = columns
  return parts
    .map((part, at) => {
      if (at % 2 === 1) return part
      const characters = [...part]
      const shown = characters.length > left ? [...characters.slice(0, left - 1), '…'] : characters
      left = Math.max(left - characters.length, 0)
      return left === 0 && characters.length > 0 && shown.length === 0 ? '' : shown.join('')
    })
    .join('')
}

/** Settings, epochs and the curve of one run. */
export function detailed(run: Run, metric: string, terminal: Terminal): string[] {
  const { paint } = terminal
  const { config, notes } = run
  const best = bestOf(run, metric)
  const verdict =
    best === null ? '' : `; best ${metric} ${figure(best.value)} at epoch ${best.epoch}`
  const head =
    `${paint.strong(run.name)}: ${config.network}, ${count(config.parameters)} parameters, ` +
    `${run.epochs.length} of ${config.epochs} epochs, ${run.status}, ${duration(run.seconds)}${verdict}`
  const settings = Object.entries(settingsOf(run)).map(([name, value]) => [name, figure(value)])
  return [
    head,
    `${paint.faint('began')} ${config.started}`,
    '',
    paint.strong('Settings'),
    ...table([{}, {}], settings).map((line) => `  ${line}`),
    ...notes.flatMap(({ name, values }) => [
      '',
      paint.strong(name),
      ...table(
        [{}, {}],
        Object.entries(values).map(([key, value]) => [key, figure(value)]),
      ).map((line) => `  ${line}`),
    ]),
    '',
    ...beside([run], metric, terminal),
  ]
}

/** What differs between two runs, and their curves on one scale. */
export function compared(
  runs: readonly [Run, Run],
  metrics: readonly string[],
  metric: string,
  terminal: Terminal,
): string[] {
  const { paint } = terminal
  const [a, b] = runs
  const columns: Column[] = [
    { heading: '' },
    { heading: a.name, align: right },
    { heading: b.name, align: right },
  ]
  const apart = differing(runs).map(({ name, values }) => [name, ...values.map(figure)])
  const bests = metrics.map((name) => [
    `best ${name}`,
    ...runs.map((run) => {
      const best = bestOf(run, name)
      return best === null ? '–' : `${figure(best.value)} (epoch ${best.epoch})`
    }),
  ])
  const notes = [...new Set(runs.flatMap(({ notes: all }) => all.map(({ name }) => name)))]
  const noted = notes.flatMap((note) => {
    const values = runs.map((run) => run.notes.findLast(({ name }) => name === note)?.values ?? {})
    const names = [...new Set(values.flatMap((each) => Object.keys(each)))]
    return names.map((name) => [`${note} ${name}`, ...values.map((each) => figure(each[name]))])
  })
  const facts = [
    ['status', ...runs.map(({ status }) => status)],
    ['epochs', ...runs.map(({ epochs, config }) => `${epochs.length}/${config.epochs}`)],
    ['time', ...runs.map(({ seconds }) => duration(seconds))],
  ]
  return [
    ...(apart.length === 0
      ? [paint.strong('The settings are the same')]
      : [paint.strong('Settings that differ'), ...table(columns, apart, paint.accent)]),
    '',
    paint.strong('Figures'),
    ...table(columns, [...facts, ...bests, ...noted], paint.accent),
    '',
    ...beside(runs, metric, terminal),
  ]
}

const gap = 4
const plotLines = 6

/** The curves of a metric over epochs, side by side on one scale. */
function beside(runs: readonly Run[], metric: string, { paint, width }: Terminal): string[] {
  const curves = runs.map(({ epochs }) => epochs.map((line) => valueAt(line, metric)))
  if (curves.every((curve) => curve.length < 2)) return []
  const range = rangeOf(curves.flat())
  const labels = [figure(range[1]), figure(range[0])]
  const margin = Math.max(...labels.map((label) => label.length)) + 1
  const room = width() - 1 - margin - gap * (runs.length - 1)
  const columns = Math.max(8, Math.min(40, Math.floor(room / runs.length)))
  const drawn = curves.map((curve) => plot(curve, { columns, lines: plotLines, range }))
  const rows = Array.from({ length: plotLines }, (_, line) => {
    const label = line === 0 ? labels[0]! : line === plotLines - 1 ? labels[1]! : ''
    const parts = drawn.map((lines) => paint.accent(lines[line]!))
    return `${paint.faint(label.padStart(margin - 1))} ${parts.join(' '.repeat(gap))}`.trimEnd()
  })
  const names = runs.map(({ name }) => name.slice(0, columns).padEnd(columns)).join(' '.repeat(gap))
  return [paint.strong(`${metric} by epoch`), ...rows, `${' '.repeat(margin)}${names}`.trimEnd()]
}
