// What every generated kernel has in common: valid bytes, names by the grammar, any kind of memory.
import { expect, test } from 'vitest'
import wabt from 'wabt'
import {
  argReduceModule,
  arities,
  axisMapModule,
  blockProductModule,
  contractionModule,
  convertModule,
  type Expression,
  elementwiseModule,
  fftModule,
  fftTransferModule,
  gatherModule,
  type KernelModule,
  type KernelTarget,
  outerProductModule,
  reduceModule,
  spectrumModule,
  stridedCopyModule,
  type Tile,
  windowMaxModule,
  winogradGradientModule,
  winogradInputModule,
  winogradOutputModule,
  winogradWeightModule,
} from '../../src/engine/wasm/kernels/index.ts'
import { functionNames, operatorOf } from '../support/formulas.ts'

/** An expression of two inputs in which every operator of the domain stands once. */
function everyOperator(domain: 'f32' | 'i32'): Expression {
  const operators = functionNames
    .map((name) => operatorOf(domain, name))
    .filter((op) => op !== null)
  const applications = operators.map((op) => {
    const arity = typeof op === 'string' ? arities[op] : op.arity
    return { kind: 'apply', op, args: [0, 1, 0].slice(0, arity) } as const
  })
  const nodes = [{ kind: 'input', index: 0 }, { kind: 'input', index: 1 }, ...applications] as const
  const sums = applications.slice(1).map((_, index) => {
    const before = index === 0 ? 2 : nodes.length + index - 1
    return { kind: 'apply', op: 'add', args: [before, 3 + index] } as const
  })
  return [...nodes, ...sums]
}

const inputs = [
  { type: 'f32', innerStride: 1 },
  { type: 'u8', innerStride: 0 },
] as const
const square: Expression = [
  { kind: 'input', index: 0 },
  { kind: 'constant', value: -0 },
  { kind: 'apply', op: 'mul', args: [0, 0] },
  { kind: 'apply', op: 'maximum', args: [2, 1] },
]
const byte = [{ node: 3, type: 'u8' }] as const

/** F(size, taps). */
const f = (size: number, taps = 3): Tile => ({ size, taps })

const generators: [name: string, make: (target: KernelTarget) => KernelModule<unknown>][] = [
  ['f32-contract-1x4', (target) => contractionModule({ ...target, rows: 1, columns: 4 })],
  ['f32-contract-6x16', (target) => contractionModule({ ...target, rows: 6, columns: 16 })],
  [
    'f32-map(f32,u8.0)->(3:u8)=x0;-0;mul(0,0);maximum(2,1)',
    (target) => elementwiseModule({ ...target, expression: square, inputs, outputs: byte }),
  ],
  ...(['sum', 'prod', 'max', 'min'] as const).flatMap((op) =>
    (['f32', 'i32'] as const).map((type): (typeof generators)[number] => [
      `${type}-reduce-${op}`,
      (target) => reduceModule({ ...target, op, type }),
    ]),
  ),
  ['f32-argreduce-argmax', (target) => argReduceModule({ ...target, op: 'argmax' })],
  ['f32-argreduce-argmin', (target) => argReduceModule({ ...target, op: 'argmin' })],
  ['f32-convert-u8', (target) => convertModule({ ...target, from: 'u8' })],
  ['f32-convert-i32', (target) => convertModule({ ...target, from: 'i32' })],
  ['b4-copy', (target) => stridedCopyModule({ ...target, elementBytes: 4 })],
  ['b1-copy', (target) => stridedCopyModule({ ...target, elementBytes: 1 })],
  ['f32-axismap', (target) => axisMapModule(target)],
  ['f32-windowmax-value', (target) => windowMaxModule({ ...target, outputs: 'value' })],
  ['f32-windowmax-index', (target) => windowMaxModule({ ...target, outputs: 'index' })],
  ['f32-windowmax-both', (target) => windowMaxModule({ ...target, outputs: 'both' })],
  ['b4-gather', (target) => gatherModule(target)],
  ['f32-fft-8192', (target) => fftModule({ ...target, size: 8192 })],
  ['f32-fft-transfer', (target) => fftTransferModule(target)],
  ['f32-spectrum-2', (target) => spectrumModule({ ...target, lines: 2, wide: false })],
  ['f32-spectrum-4-wide', (target) => spectrumModule({ ...target, lines: 4, wide: true })],
  [
    'f32-winograd-input-2x1x3',
    (target) => winogradInputModule({ ...target, tiles: [f(2), f(1, 1), f(3)], wide: false }),
  ],
  [
    'f32-winograd-weight-4k5-wide',
    (target) => winogradWeightModule({ ...target, tiles: [f(4, 5)], wide: true }),
  ],
  [
    'f32-winograd-output-4x5-wide',
    (target) => winogradOutputModule({ ...target, tiles: [f(4), f(5)], wide: true }),
  ],
  [
    'f32-winograd-upstream-4x5',
    (target) => winogradInputModule({ ...target, tiles: [f(4), f(5)], wide: false }, 'upstream'),
  ],
  [
    'f32-winograd-gradient-4x2k5-wide',
    (target) => winogradGradientModule({ ...target, tiles: [f(4), f(2, 5)], wide: true }),
  ],
  ['f32-outerproduct-6x16', (target) => outerProductModule({ ...target, blocks: 2 })],
  [
    'f32-blockproduct-6x16',
    (target) => blockProductModule({ ...target, rows: 6, blocks: 2, unroll: 2 }),
  ],
]
const unnamed = (['f32', 'i32'] as const).map(
  (domain) => (target: KernelTarget) =>
    elementwiseModule({ ...target, expression: everyOperator(domain), inputs, domain }),
)
const features = {
  simd: true,
  relaxed_simd: true,
  bulk_memory: true,
  sat_float_to_int: true,
}
const makers = [...generators.map(([, make]) => make), ...unnamed]

test.each([true, false])('all modules validate in wabt, relaxed: %o', async (relaxed) => {
  for (const make of makers) {
    const { name, bytes } = make({ sharedMemory: false, relaxed })
    const read = (await wabt()).readWasm(bytes, features)
    expect(() => read.validate(), name).not.toThrow()
    read.destroy()
  }
})

// The validator of wabt's JavaScript build has no switch for shared memories.
test('all modules for shared memories validate in V8', () => {
  for (const make of makers) {
    const { name, bytes } = make({ sharedMemory: true, relaxed: false })
    expect(WebAssembly.validate(bytes), name).toBe(true)
  }
})

test('relaxed instructions stand only in modules that may use them', async () => {
  for (const relaxed of [true, false]) {
    const { bytes } = contractionModule({ sharedMemory: false, relaxed, rows: 2, columns: 4 })
    const text = (await wabt()).readWasm(bytes, features).toText({})
    expect(text.includes('relaxed_madd')).toBe(relaxed)
  }
})

test('names follow the grammar', () => {
  for (const [name, make] of generators) {
    expect(make({ sharedMemory: false, relaxed: false }).name).toBe(name)
    expect(make({ sharedMemory: true, relaxed: true }).name).toBe(`${name}-relaxed-shared`)
  }
})

test('kernels run on a shared memory that threads can see', () => {
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 2, shared: true })
  new Float32Array(memory.buffer, 0, 3).set([1, 2, 4])
  const kernel = reduceModule({ sharedMemory: true, relaxed: false, op: 'sum' })
  kernel.instantiate(new WebAssembly.Module(kernel.bytes), memory).run(1, 3, 1, 0, 16)
  expect(new Float32Array(memory.buffer, 16, 1)[0]).toBe(7)
})

const plain = {
  sharedMemory: false,
  relaxed: false,
  inputs: [{ type: 'f32', innerStride: 1 }],
} as const

/** Runs an element-wise kernel from address 0 to the given addresses. */
function run(
  kernel: ReturnType<typeof elementwiseModule>,
  data: Float32Array,
  outputs: number[],
): Float32Array {
  const memory = new WebAssembly.Memory({ initial: 8 })
  new Float32Array(memory.buffer).set(data)
  const { run: call } = kernel.instantiate(new WebAssembly.Module(kernel.bytes), memory)
  call(data.length, 0, ...outputs, 0)
  return new Float32Array(memory.buffer)
}

test('an element-wise kernel may write over its input, with several outputs', () => {
  const expression: Expression = [
    { kind: 'input', index: 0 },
    { kind: 'apply', op: 'add', args: [0, 0] },
    { kind: 'apply', op: 'neg', args: [0] },
  ]
  const outputs = [
    { node: 1, type: 'f32' },
    { node: 2, type: 'f32' },
  ] as const
  const data = Float32Array.from({ length: 7 }, (_, index) => index + 1)
  const result = run(elementwiseModule({ ...plain, expression, outputs }), data, [0, 64])
  expect([...result.subarray(0, 7)]).toEqual([2, 4, 6, 8, 10, 12, 14])
  expect([...result.subarray(16, 23)]).toEqual([-1, -2, -3, -4, -5, -6, -7])
})

test('long rows are cut into short calls without a seam', () => {
  const expression: Expression = [
    { kind: 'input', index: 0 },
    { kind: 'apply', op: 'neg', args: [0] },
  ]
  const data = Float32Array.from({ length: 20_003 }, (_, index) => index)
  const result = run(elementwiseModule({ ...plain, expression }), data, [100_000])
  expect(result.subarray(25_000, 45_003)).toEqual(data.map((value) => -value))
  expect(result[45_003]).toBe(0)
})

test('constants do not depend on a loop having run, and where they are the output', () => {
  const expression: Expression = [{ kind: 'constant', value: 2.5 }]
  const result = run(
    elementwiseModule({ ...plain, expression, inputs: [] }),
    new Float32Array(6),
    [64],
  )
  expect([...result.subarray(15, 23)]).toEqual([0, 2.5, 2.5, 2.5, 2.5, 2.5, 2.5, 0])
})

test.each([
  [
    [{ kind: 'input', index: 1 }],
    'f32',
    'elementwiseModule: node 0 must be one of 1 inputs, got input 1',
  ],
  [
    [
      { kind: 'input', index: 0 },
      { kind: 'apply', op: 'add', args: [0] },
    ],
    'f32',
    'elementwiseModule: node 1 needs 2 arguments for add, got 1',
  ],
  [
    [{ kind: 'apply', op: 'neg', args: [0] }],
    'f32',
    'elementwiseModule: node 0 must use earlier nodes, got arguments 0',
  ],
  [
    [
      { kind: 'input', index: 0 },
      { kind: 'apply', op: 'sqrt', args: [0] },
    ],
    'i32',
    'elementwiseModule: node 1 must be an operator of the i32 domain, got sqrt',
  ],
] as [Expression, 'f32' | 'i32', string][])(
  'wrong expressions are refused: %o',
  (expression, domain, message) => {
    expect(() => elementwiseModule({ ...plain, expression, domain })).toThrow(message)
  },
)
