/** npm run bench:growth: nanoseconds per multiply-add while one size of a convolution grows. */
import { hold } from './harness/championship.ts'
import { command, prepareLibrary } from './harness/command.ts'
import type { Entry, Match } from './harness/match.ts'
import { chooseNode, nodeCandidates, runtimeOf } from './harness/nodeField.ts'
import { readOptions } from './harness/options.ts'
import { readShape, type ShapeRecord } from './harness/shape.ts'
import { alignColumns, markdownLines, short } from './harness/text.ts'

interface Family {
  /** What grows. */
  readonly title: string
  readonly sizes: readonly number[]
  readonly shape: (size: number) => Omit<ShapeRecord, 'name'>
}

const doubling = (from: number, to: number): number[] =>
  from > to ? [] : [from, ...doubling(2 * from, to)]

/** 64 channels, 3×3, stride 1, at 28². */
const plain = {
  rank: 2,
  n: 1,
  cin: 64,
  cout: 64,
  in: [28, 28],
  k: [3, 3],
  s: 1,
  p: 1,
  d: 1,
  g: 1,
} as const
const signal = { ...plain, rank: 1, cin: 1, cout: 1, in: [65536] } as const

const families: Readonly<Record<string, Family>> = {
  space: {
    title: 'height and width, 3×3, 64 channels',
    sizes: doubling(14, 448),
    shape: (size) => ({ ...plain, in: [size, size] }),
  },
  channels: {
    title: 'channels in and out, 3×3 at 28²',
    sizes: doubling(8, 512),
    shape: (size) => ({ ...plain, cin: size, cout: size }),
  },
  kernel: {
    title: 'taps, one axis of 65,536 cells, one channel',
    sizes: doubling(4, 4096).map((size) => size - 1),
    shape: (size) => ({ ...signal, k: [size], p: (size - 1) / 2 }),
  },
  batch: {
    title: 'batch, 3×3, 64 channels at 28²',
    sizes: doubling(1, 64),
    shape: (size) => ({ ...plain, n: size }),
  },
}

const nanoseconds = ({ minimum }: Entry, { multiplyAdds }: Match): string =>
  minimum === undefined ? '–' : ((minimum * 1e6) / multiplyAdds).toFixed(4)

function table(
  name: string,
  { title, sizes }: Family,
  matches: readonly Match[],
  markdown: boolean,
): string {
  const rows = matches.filter(({ job }) => job.startsWith(`${name}_`))
  const entrants = rows[0]?.entries ?? []
  const heading = [
    name,
    'million madds',
    ...entrants.flatMap(({ contestant, threads }) => [
      `${contestant}${threads > 1 ? `×${threads}` : ''} ms`,
      'ns/madd',
    ]),
  ]
  const lines = rows.map((match, i) => [
    `${sizes[i]}`,
    short(match.multiplyAdds / 1e6),
    ...match.entries.flatMap((entry) => [
      entry.minimum === undefined ? '–' : short(entry.minimum),
      nanoseconds(entry, match),
    ]),
  ])
  const write = markdown ? markdownLines : alignColumns
  return [title, ...(markdown ? [''] : []), ...write([heading, ...lines])].join('\n')
}

await command(async () => {
  const options = readOptions(process.argv.slice(2), { peers: ['none'], threads: [1] })
  if (!options) return true
  const picked = Object.entries(families).filter(
    ([name]) => options.shapes.length === 0 || options.shapes.some((part) => name.includes(part)),
  )
  if (picked.length === 0)
    throw new Error(`--shapes ${options.shapes}: there are ${Object.keys(families)}`)
  const kind = options.kinds.length === 1 ? options.kinds[0]! : 'forward'
  const jobs = picked.flatMap(([name, { sizes, shape }]) =>
    sizes.map((size) => ({
      kind,
      resident: options.resident,
      shape: readShape({ ...shape(size), name: `${name}_${size}` }),
    })),
  )
  const node = chooseNode(options.node)
  const candidates = await nodeCandidates(node, options)
  await prepareLibrary(options)
  return hold({
    name: 'growth',
    runtime: runtimeOf(node),
    candidates,
    jobs,
    options,
    report: (matches) =>
      picked.map(([name, family]) => table(name, family, matches, options.markdown)).join('\n\n'),
  })
})
