/** npm run bench:onnx-import: time and memory of importing an ONNX file of about 100 MB. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { create, toBinary } from '@bufbuild/protobuf'
import { loadOnnx } from '@striate/formats'
import {
  GraphProtoSchema,
  ModelProtoSchema,
  NodeProtoSchema,
  OperatorSetIdProtoSchema,
  TensorProto_DataType,
  TensorProtoSchema,
  ValueInfoProtoSchema,
} from 'onnx-buf'

const channels = 512
const layers = 11
const rounds = 5

/** A chain of 3×3 convolutions of 9.4 MB each; the names' lengths put weights at every alignment. */
function makeFile(path: string): void {
  const size = channels * channels * 9
  const rawData = new Uint8Array(Float32Array.from({ length: size }, (_, i) => Math.sin(i)).buffer)
  const names = Array.from({ length: layers }, (_, i) => `${'c'.repeat(i + 1)}.weight`)
  const graph = create(GraphProtoSchema, {
    input: [create(ValueInfoProtoSchema, { name: 'x0' })],
    output: [create(ValueInfoProtoSchema, { name: `x${layers}` })],
    node: names.map((name, i) =>
      create(NodeProtoSchema, { opType: 'Conv', input: [`x${i}`, name], output: [`x${i + 1}`] }),
    ),
    initializer: names.map((name) =>
      create(TensorProtoSchema, {
        name,
        dims: [channels, channels, 3, 3].map(BigInt),
        dataType: TensorProto_DataType.FLOAT,
        rawData,
      }),
    ),
  })
  const opsetImport = [create(OperatorSetIdProtoSchema, { version: 17n })]
  writeFileSync(
    path,
    toBinary(ModelProtoSchema, create(ModelProtoSchema, { irVersion: 8n, opsetImport, graph })),
  )
}

interface Measured {
  /** Milliseconds until the network is there, and until every weight was read. */
  readonly loaded: number
  readonly read: number
  /** Bytes of memory beyond those before the import, at the highest. */
  readonly loadedBytes: number
  readonly readBytes: number
}

async function measure(path: string): Promise<Measured> {
  const highest = (): number => process.resourceUsage().maxRSS * 1024
  const before = process.memoryUsage.rss()
  const start = performance.now()
  const network = await loadOnnx(path)
  const loaded = performance.now() - start
  const loadedBytes = highest() - before
  // Reading makes the arrays; a tensor's data() would copy them once more.
  const bytes = network.parameters().reduce((sum, { node }) => sum + node.data!.byteLength, 0)
  const read = performance.now() - start
  if (bytes !== layers * channels * channels * 9 * 4) throw new Error(`${bytes} bytes were read`)
  return { loaded, read, loadedBytes, readBytes: highest() - before }
}

function main(): void {
  const folder = mkdtempSync(join(tmpdir(), 'striate-onnx-import-'))
  try {
    const path = join(folder, 'model.onnx')
    makeFile(path)
    const { size } = statSync(path)
    const results = Array.from({ length: rounds }, (): Measured => {
      const script = fileURLToPath(import.meta.url)
      const output = execFileSync(process.execPath, [...process.execArgv, script, path])
      return JSON.parse(output.toString())
    })
    const median = (pick: (each: Measured) => number): number =>
      results.map(pick).sort((a, b) => a - b)[Math.floor(rounds / 2)]!
    const times = (bytes: number): string => `${(bytes / size).toFixed(2)} × the file`
    process.stdout.write(
      [
        `${(size / 1e6).toFixed(1)} MB, ${layers} weights, medians of ${rounds} processes`,
        `imported       ${median((each) => each.loaded).toFixed(0)} ms, ${times(median((each) => each.loadedBytes))} of memory`,
        `weights read   ${median((each) => each.read).toFixed(0)} ms, ${times(median((each) => each.readBytes))} of memory`,
        '',
      ].join('\n'),
    )
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

const [path] = process.argv.slice(2)
if (path) process.stdout.write(JSON.stringify(await measure(path)))
else main()
