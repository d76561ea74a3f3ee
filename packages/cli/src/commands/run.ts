/** `striate run`: the output of a network for an input. */
import { readFile } from 'node:fs/promises'
import { extname } from 'node:path'
import { encodeNpz } from '@striate/formats'
import {
  type ArrayInput,
  encodeNpy,
  StriateError,
  setEngine,
  setThreads,
  writeAtomic,
} from 'striate'
import type { Command, OptionsOf } from '../command.ts'
import { misused } from '../misuse.ts'
import { type OutputArray, runBatches } from '../model/batches.ts'
import { type Fit, fits } from '../model/image.ts'
import { readInputs } from '../model/inputs.ts'
import { type Axes, openModel } from '../model/model.ts'
import { areScores, type TopClass, topClasses } from '../model/scores.ts'
import { choice, numbers, sizes, text, whole } from '../optionKinds.ts'
import { table } from '../terminal/table.ts'
import type { Terminal } from '../terminal/terminal.ts'
import { duration, percent, plural } from '../terminal/wording.ts'
import { checkWritable } from '../train/writable.ts'

interface RunValues {
  readonly input?: string
  readonly output?: string
  readonly weights?: string
  readonly size?: readonly number[]
  readonly mean?: readonly number[]
  readonly std?: readonly number[]
  readonly layout?: Axes
  readonly fit?: Fit
  readonly batch?: number
  readonly top?: number
  readonly labels?: string
  readonly engine?: 'wasm' | 'reference'
  readonly threads?: number
}

const op = 'run'
const rowsShown = 10

const options: OptionsOf<RunValues> = {
  input: text('file', '.npy, .npz with the inputs by name, an IDX file, or a PNG or JPEG picture'),
  output: text('file', 'where the output goes: .npy, or .npz for several by name'),
  weights: text(
    'file',
    'the weights of a network with a name: safetensors, its index or a checkpoint',
  ),
  size: sizes('224x224', 1, "height and width of the picture; the network's own unless told"),
  mean: numbers(
    '0.485,0.456,0.406',
    'taken from each channel of a picture, of 1 for full brightness; 0 unless told',
  ),
  std: numbers('0.229,0.224,0.225', 'by which each channel is divided then; 1 unless told'),
  layout: choice(
    ['channels-first', 'channels-last'],
    "of the picture; the network's own unless told",
  ),
  fit: choice(fits, 'how a picture comes to its size: cut, framed or stretched; cover unless told'),
  batch: whole('N', 1, 'rows at a time; what the network fixes, else all'),
  top: whole('N', 1, 'how many classes are shown, where the output has scores; 5 unless told'),
  labels: text('file', 'names of the classes, one a line'),
  engine: choice(['wasm', 'reference'], 'wasm is fast, reference is plain loops in float64'),
  threads: whole('N', 1, 'threads that share the work; one for each core unless told'),
}

interface Named {
  readonly name: string
  readonly classes: readonly TopClass[][]
}

export const run: Command<RunValues> = {
  name: op,
  summary:
    'The output of a network for an input: an array, or a picture, whose best classes are shown.',
  arguments: [
    {
      name: 'model',
      summary:
        'a file of ONNX, Keras (.keras, .h5) or TensorFlow.js (model.json), or the name of a network with --weights',
    },
  ],
  options,
  examples: [
    'striate run model.onnx --input x.npy --output y.npy',
    'striate run lenet5 --weights lenet5.safetensors --input seven.png --mean 0.13 --std 0.31',
  ],
  notes: [
    'A picture becomes (value / 255 − mean) / std, from the turn that the camera noted, transparent parts white. An array without a batch gets one.',
    'The best classes are shown where a float output has a row of at least two numbers for each input. Scores that are neither probabilities nor their logarithms go through softmax.',
  ],
  run: async ({ positionals: [model = ''], values, terminal }) => {
    const { input, output, top = 5 } = values
    if (input === undefined) {
      const hint = 'for example --input x.npy'
      return misused({ op, subject: '--input', needs: 'must be given', got: 'nothing', hint })
    }
    if (values.engine !== undefined) setEngine(values.engine)
    if (values.threads !== undefined) setThreads(values.threads)
    if (output !== undefined) await checkOutput(output)
    const labels = values.labels === undefined ? null : await readLabels(values.labels)
    const opened = await openModel({ op, model, weights: values.weights })
    const { size, mean, std, layout, fit } = values
    const inputs = await readInputs(opened, input, { size, mean, std, layout, fit })
    const started = performance.now()
    const outputs = await runBatches(opened, inputs, values.batch, terminal)
    const seconds = (performance.now() - started) / 1000
    if (output !== undefined) await writeAtomic(output, encodeOutputs(output, outputs))
    const best = outputs
      .filter(areScores)
      .map((each): Named => ({ name: each.name, classes: topClasses(each, top, labels) }))
    return {
      document: {
        model: opened.name,
        inputs: inputs.map(({ name, shape, dtype }) => ({ name, shape, dtype })),
        outputs: outputs.map(facts),
        top: Object.fromEntries(best.map(({ name, classes }) => [name, classes])),
        output: output ?? null,
        seconds,
      },
      text: () =>
        [
          `${terminal.paint.strong(opened.name)} in ${seconds < 10 ? `${seconds.toFixed(3)} s` : duration(seconds)}`,
          ...outputLines(outputs, terminal),
          ...best.flatMap((each) => classLines(each, best.length > 1, labels !== null, terminal)),
          ...(output === undefined ? [] : [`output: ${output}`]),
        ].join('\n'),
    }
  },
}

async function checkOutput(output: string): Promise<void> {
  if (!/\.np[yz]$/i.test(output)) {
    const needs = 'must end with .npy or .npz'
    await misused({ op, subject: '--output', needs, got: `'${output}'` })
  }
  await checkWritable(op, '--output', output, 0)
}

async function readLabels(path: string): Promise<string[]> {
  const lines = await readFile(path, 'utf8').catch((cause: unknown) => {
    const got = cause instanceof Error ? cause.message : String(cause)
    throw new StriateError({ op, argument: '--labels', needs: 'must be a file', got, cause })
  })
  return lines.split(/\r?\n/).map((line) => line.trim().replace(/\p{Cc}/gu, '·'))
}

function encodeOutputs(path: string, outputs: readonly OutputArray[]): Uint8Array {
  if (extname(path).toLowerCase() === '.npz')
    return encodeNpz(Object.fromEntries(outputs.map((each) => [each.name, asInput(each)])))
  const [only, ...others] = outputs
  if (only !== undefined && others.length === 0) return encodeNpy(asInput(only))
  throw new StriateError({
    op,
    argument: '--output',
    needs: `must be an .npz file for ${plural(outputs.length, 'output')}`,
    got: `'${path}'`,
  })
}

const asInput = ({ dtype, shape, data }: OutputArray): ArrayInput =>
  ({ dtype, shape, data }) as ArrayInput

interface OutputFacts {
  readonly name: string
  readonly shape: readonly number[]
  readonly dtype: string
  /** Of the numbers that are numbers; null where there is none. */
  readonly least: number | null
  readonly greatest: number | null
  readonly mean: number | null
}

function facts({ name, shape, dtype, data }: OutputArray): OutputFacts {
  let [least, greatest, sum, count] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0, 0]
  for (const value of data) {
    if (!Number.isFinite(value)) continue
    least = Math.min(least, value)
    greatest = Math.max(greatest, value)
    sum += value
    count += 1
  }
  const known = count > 0
  return {
    name,
    shape,
    dtype,
    least: known ? least : null,
    greatest: known ? greatest : null,
    mean: known ? sum / count : null,
  }
}

function outputLines(outputs: readonly OutputArray[], { paint }: Terminal): string[] {
  const digits = (value: number | null): string => (value === null ? '–' : value.toPrecision(5))
  const rows = outputs
    .map(facts)
    .map(({ name, shape, dtype, least, greatest, mean }) => [
      paint.accent(name),
      shape.join('x') || 'scalar',
      dtype,
      ...[least, mean, greatest].map(digits),
    ])
  const right = { align: 'right' } as const
  return table(
    [
      { heading: 'output' },
      { heading: 'shape' },
      { heading: 'type' },
      { heading: 'least', ...right },
      { heading: 'mean', ...right },
      { heading: 'greatest', ...right },
    ],
    rows,
    paint.strong,
  )
}

function classLines(
  { name, classes }: Named,
  isNamed: boolean,
  isLabelled: boolean,
  { paint }: Terminal,
): string[] {
  const isMany = classes.length > 1
  const rows = classes
    .slice(0, rowsShown)
    .flatMap((best, row) =>
      best.map((each, place) => [
        ...(isMany ? [place === 0 ? String(row) : ''] : []),
        String(each.class),
        ...(isLabelled ? [paint.accent(each.label ?? '')] : []),
        percent(each.probability),
        paint.faint(each.score.toPrecision(5)),
      ]),
    )
  const left = classes.length - rowsShown
  return [
    '',
    ...table(
      [
        ...(isMany ? [{ heading: 'row', align: 'right' } as const] : []),
        { heading: isNamed ? `class (${name})` : 'class', align: 'right' },
        ...(isLabelled ? [{ heading: 'name' }] : []),
        { heading: 'share', align: 'right' },
        { heading: 'score', align: 'right' },
      ],
      rows,
      paint.strong,
    ),
    ...(left > 0 ? [paint.faint(`and ${plural(left, 'row')} more`)] : []),
  ]
}
