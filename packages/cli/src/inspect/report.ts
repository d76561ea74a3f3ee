/** What a file holds, for people and as data. */
import { basename } from 'node:path'
import type { FileFacts, PortFacts } from '@striate/formats'
import type { Answer } from '../command.ts'
import { type Column, table } from '../terminal/table.ts'
import type { Terminal } from '../terminal/terminal.ts'
import { count, plural, wrap } from '../terminal/wording.ts'
import type { Hashes } from './hashes.ts'

const formatNames: Readonly<Record<FileFacts['format'], string>> = {
  safetensors: 'safetensors',
  checkpoint: 'checkpoint of a training (safetensors)',
  npy: 'NumPy array',
  npz: 'NumPy arrays (npz)',
  idx: 'IDX array',
  onnx: 'ONNX network',
  keras: 'Keras file',
  hdf5: 'HDF5 file',
  tfjs: 'TensorFlow.js model',
}
const hashDigits = 12
const longestName = 60
const longestNote = 300

/** Numbers in a tensor of this shape. */
const sizeOf = (shape: readonly number[]): number =>
  shape.reduce((product, size) => product * size, 1)

const shapeText = (shape: readonly (number | string | null)[]): string =>
  shape.length === 0 ? 'scalar' : shape.map((size) => size ?? '?').join('x')

/** Names come from a file: they must neither steer the terminal nor fill it. */
function shown(name: string, most = longestName): string {
  const cut = name.length > most ? `${name.slice(0, most)}…` : name
  return cut.replace(/[\p{Cc}\p{Cf}]/gu, '·')
}

export function report(
  path: string,
  facts: FileFacts,
  hashes: Hashes | null,
  terminal: Terminal,
): Answer {
  const { format, sources, metadata, tensors, network } = facts
  const numbers = tensors.reduce((sum, { shape }) => sum + sizeOf(shape), 0)
  const bytes = tensors.reduce((sum, tensor) => sum + tensor.bytes, 0)
  const files = sources.map(({ name, size }, index) => ({
    name: index === 0 ? path : basename(name),
    bytes: size,
    sha256: hashes?.files[index] ?? null,
  }))
  const document = {
    file: path,
    format,
    bytes: sources[0]!.size,
    sha256: hashes?.files[0] ?? null,
    files,
    metadata,
    tensors: tensors.map(({ name, type, shape, bytes: length }, index) => ({
      name,
      shape,
      type,
      bytes: length,
      sha256: hashes?.tensors[index] ?? null,
    })),
    totals: { tensors: tensors.length, numbers, bytes },
    network,
  }
  const text = (): string => {
    const { paint } = terminal
    const title = `${paint.strong(shown(path, terminal.width()))}  ${formatNames[format]}`
    const totals = `${plural(tensors.length, 'tensor')}, ${plural(numbers, 'number')}, ${plural(bytes, 'byte')}`
    return [
      title,
      ...files.map(({ name, bytes: length, sha256 }, index) => {
        const label = files.length === 1 ? '' : `${index === 0 ? basename(name) : shown(name)}  `
        return `${label}${plural(length, 'byte')}${sha256 === null ? '' : `  ${paint.faint(`sha256 ${sha256}`)}`}`
      }),
      ...notes(metadata, terminal),
      ...networkLines(network, terminal),
      '',
      ...tensorLines(facts, hashes, terminal),
      totals,
    ].join('\n')
  }
  return { document, text }
}

function tensorLines(facts: FileFacts, hashes: Hashes | null, terminal: Terminal): string[] {
  if (facts.tensors.length === 0) return []
  const columns: Column[] = [
    { heading: 'tensor' },
    { heading: 'shape' },
    { heading: 'type' },
    { heading: 'bytes', align: 'right' },
    ...(hashes === null ? [] : [{ heading: 'sha256' }]),
  ]
  const { paint } = terminal
  const rows = facts.tensors.map(({ name, shape, type, bytes }, index) => [
    paint.accent(name === '' ? '(the array)' : shown(name)),
    shapeText(shape),
    type,
    count(bytes),
    ...(hashes === null ? [] : [paint.faint(hashes.tensors[index]!.slice(0, hashDigits))]),
  ])
  return table(columns, rows, paint.strong)
}

function notes(metadata: Readonly<Record<string, unknown>>, terminal: Terminal): string[] {
  const rows = Object.entries(metadata).map(([key, value]) => {
    const text = typeof value === 'string' ? value : JSON.stringify(value)
    return [shown(key), shown(text, longestNote)] as const
  })
  return section('Metadata', rows, terminal)
}

function networkLines(network: FileFacts['network'], terminal: Terminal): string[] {
  if (network === null) return []
  const port = ({ name, type, shape }: PortFacts): string =>
    [shown(name), type, shape === null ? null : shown(shapeText(shape))]
      .filter((part) => part !== null)
      .join(' ')
  const operators = Object.entries(network.operators)
  return section(
    'Network',
    [
      ...network.inputs.map((each) => ['input', port(each)] as const),
      ...network.outputs.map((each) => ['output', port(each)] as const),
      ['operators', operators.map(([name, times]) => `${shown(name)} ${times}`).join(', ')],
      ...Object.entries(network.versions).map(([key, value]) => {
        return [shown(key), shown(String(value))] as const
      }),
    ],
    terminal,
  )
}

/** Words on the left, what is known on the right, broken where it is long. */
function section(
  heading: string,
  rows: readonly (readonly [words: string, meaning: string])[],
  { paint, width }: Terminal,
): string[] {
  if (rows.length === 0) return []
  const left = Math.min(Math.max(...rows.map(([words]) => words.length)), 30)
  const lines = rows.flatMap(([words, meaning]) => {
    const [first = '', ...others] = wrap(meaning, Math.max(width() - left - 4, 20))
    const rest = others.map((line) => `${' '.repeat(left + 4)}${line}`)
    return [`  ${words.padEnd(left)}  ${first}`, ...rest]
  })
  return ['', paint.strong(heading), ...lines]
}
