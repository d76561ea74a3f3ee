/** The options that every bench takes. */
import { parseArgs } from 'node:util'

export interface BenchOptions {
  /** Only shapes whose name contains one of these; all where there are none. */
  readonly shapes: readonly string[]
  readonly rounds: number
  /** Rising. */
  readonly threads: readonly number[]
  /** Names of the peers that take part; undefined for all. */
  readonly peers: readonly string[] | undefined
  readonly kinds: readonly ('forward' | 'training')[]
  readonly markdown: boolean
  /** Every network that has a name, instead of the usual ones. */
  readonly zoo: boolean
  readonly checkOnly: boolean
  /** What goes in lies in the library's memory already, and what comes out stays there, where it has such a thing. */
  readonly resident: boolean
  /** Milliseconds. */
  readonly warmUp: number
  readonly turn: number
  /** Another file of shapes. */
  readonly from: string | undefined
  /** A Node binary, or `own` for the one that runs this. */
  readonly node: string | undefined
  readonly python: string
  /** Built files of Striate by label; the first is the one that everything is held against. */
  readonly libraries: readonly { readonly label: string; readonly path: string }[]
}

export const usage = `options
  --shapes a,b     only shapes whose name contains a or b
  --from file      other shapes than those of bench/shapes.json
  --train          only forward and backward together; --forward: only forward
  --arrays         from arrays of JavaScript to arrays, copies included; else from tensors to tensors
  --threads 1,2    numbers of threads (1 and 2; 1 with --quick)
  --peers a,b      only these: onnxruntime-node, onnxruntime-web, tfjs-wasm, pytorch; or none
  --rounds n       rounds (7; 3 with --quick)
  --quick          short turns, for a first look
  --zoo            of networks, every one that has a name
  --check          no clock: only whether all results agree
  --markdown       tables in Markdown
  --node path      the Node to run on; own: this one (else 24 of bench/peers where this is older)
  --python path    the Python whose PyTorch takes part (python3)
  --library [label=]path   another built Striate, as packages/striate/dist/index.js; can be repeated`

const flags = {
  shapes: { type: 'string' },
  from: { type: 'string' },
  train: { type: 'boolean' },
  forward: { type: 'boolean' },
  threads: { type: 'string' },
  peers: { type: 'string' },
  rounds: { type: 'string' },
  quick: { type: 'boolean' },
  zoo: { type: 'boolean' },
  check: { type: 'boolean' },
  arrays: { type: 'boolean' },
  markdown: { type: 'boolean' },
  node: { type: 'string' },
  python: { type: 'string', default: 'python3' },
  library: { type: 'string', multiple: true },
  help: { type: 'boolean' },
} as const

const listOf = (text: string | undefined): string[] => (text ?? '').split(',').filter(Boolean)

function count(name: string, text: string): number {
  const value = Number(text)
  if (Number.isSafeInteger(value) && value > 0) return value
  throw new Error(`--${name} ${text}: must be a whole number of at least 1`)
}

function readLibrary(argument: string, index: number): { label: string; path: string } {
  const [, label, path] = /^(?:([\w.-]+)=)?(.+)$/.exec(argument)!
  return { label: label ?? (index === 0 ? '' : `${index + 1}`), path: path! }
}

/** Options of the command line; null when help was asked for and printed. */
export function readOptions(
  args: readonly string[],
  defaults: { readonly peers?: readonly string[]; readonly threads?: readonly number[] } = {},
): BenchOptions | null {
  const { values } = parseArgs({ args: [...args], options: flags })
  if (values.help) {
    console.log(usage)
    return null
  }
  const quick = values.quick ?? false
  const threads = values.threads
    ? listOf(values.threads).map((each) => count('threads', each))
    : (defaults.threads ?? (quick ? [1] : [1, 2]))
  const only = values.train ? 'training' : 'forward'
  return {
    shapes: listOf(values.shapes),
    rounds: count('rounds', values.rounds ?? (quick ? '3' : '7')),
    threads: [...new Set(threads)].sort((a, b) => a - b),
    peers: values.peers === undefined ? defaults.peers : listOf(values.peers),
    kinds: values.train === values.forward ? ['forward', 'training'] : [only],
    markdown: values.markdown ?? false,
    zoo: values.zoo ?? false,
    checkOnly: values.check ?? false,
    resident: !values.arrays,
    warmUp: quick ? 150 : 500,
    turn: quick ? 30 : 100,
    from: values.from,
    node: values.node,
    python: values.python,
    libraries: (values.library ?? []).map(readLibrary),
  }
}
