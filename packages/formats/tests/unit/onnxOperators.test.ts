// Operators and versions of them that the ONNX project's data does not hold: with constants, and with inputs.
import { create } from '@bufbuild/protobuf'
import { decodeOnnx } from '@striate/formats'
import { type TensorProto, TensorProtoSchema, TensorProto_DataType as Type } from 'onnx-buf'
import { compute, tensor } from 'striate'
import { describe, expect, it } from 'vitest'
import { distance } from '../support/onnxData.ts'
import { type AttributeValue, floats, integers, modelFile } from '../support/onnxModel.ts'

/** Shape and values; whole numbers are int64 inputs, others float32. */
interface Given {
  readonly shape: readonly number[]
  readonly values: readonly number[]
  readonly whole: boolean
}

type Nested = number | readonly Nested[]

const flat = (values: Nested): number[] => [values].flat(9) as number[]
const shapeOf = (values: Nested): number[] =>
  typeof values === 'number' ? [] : [values.length, ...shapeOf(values[0] ?? 0)]

/** Real numbers. */
const f = (values: Nested): Given => ({
  shape: shapeOf(values),
  values: flat(values),
  whole: false,
})
/** Whole numbers. */
const n = (values: Nested): Given => ({ shape: shapeOf(values), values: flat(values), whole: true })

interface Case {
  readonly op: string
  readonly inputs: readonly (Given | null)[]
  readonly attributes?: Readonly<Record<string, AttributeValue>>
  readonly opset?: number
  readonly expected: readonly Nested[]
}

const inf = Number.POSITIVE_INFINITY

const cases: readonly Case[] = [
  { op: 'Div', inputs: [n([7, -7, 8]), n([2])], expected: [[3, -3, 4]] },
  { op: 'Div', inputs: [f([7, -7]), f([2])], expected: [[3.5, -3.5]] },
  { op: 'Mod', inputs: [n([5, -5]), n([3])], expected: [[2, 1]] },
  {
    op: 'Mod',
    inputs: [f([5.5, -5.5]), f([3])],
    attributes: { fmod: { int: 1 } },
    expected: [[2.5, -2.5]],
  },
  { op: 'Pow', inputs: [f([2, 3]), n([3, 2])], expected: [[8, 9]] },
  { op: 'Max', inputs: [f([1, 5]), f([4, 2]), f([3])], expected: [[4, 5]] },
  { op: 'Mean', inputs: [f([1, 5]), f([3, 1])], expected: [[2, 3]] },
  {
    op: 'Sum',
    inputs: [f([1, 5]), f([[3], [1]]), f([1])],
    expected: [
      [
        [5, 9],
        [3, 7],
      ],
    ],
  },
  { op: 'Xor', inputs: [n([0, 1, 1]), n([1, 1, 0])], expected: [[1, 0, 1]] },
  { op: 'Not', inputs: [n([0, 1])], expected: [[1, 0]] },
  { op: 'Less', inputs: [n([1, 2]), n([2])], expected: [[1, 0]] },
  { op: 'LessOrEqual', inputs: [f([1, 2, 3]), f([2])], expected: [[1, 1, 0]] },
  { op: 'Where', inputs: [n([1, 0]), f([1, 2]), f([8])], expected: [[1, 8]] },
  {
    op: 'IsInf',
    inputs: [f([1, inf, -inf])],
    attributes: { detect_negative: { int: 0 } },
    expected: [[0, 1, 0]],
  },
  { op: 'IsNaN', inputs: [f([1, Number.NaN])], expected: [[0, 1]] },
  {
    op: 'Cast',
    inputs: [f([1.7, -1.7, 0])],
    attributes: { to: { int: Type.INT64 } },
    expected: [[1, -1, 0]],
  },
  {
    op: 'Cast',
    inputs: [f([1.7, -1.7, 0])],
    attributes: { to: { int: Type.BOOL } },
    expected: [[1, 1, 0]],
  },
  { op: 'CastLike', inputs: [f([1.7]), n([0])], expected: [[1]] },
  { op: 'Erf', inputs: [f([0, 1])], expected: [[0, 0.8427008]] },
  { op: 'Round', inputs: [f([0.5, 1.5, -2.5])], expected: [[0, 2, -2]] },
  { op: 'Sign', inputs: [f([-2, 0, 3])], expected: [[-1, 0, 1]] },
  { op: 'Acosh', inputs: [f([1, 2])], expected: [[0, 1.3169579]] },
  { op: 'Clip', inputs: [f([-3, 0, 3]), f(-1), null], expected: [[-1, 0, 3]] },
  { op: 'Clip', inputs: [f([-3, 0, 3]), null, f(1)], expected: [[-3, 0, 1]] },
  { op: 'Clip', inputs: [f([-3, 0, 3]), f(2), f(1)], expected: [[1, 1, 1]] },
  {
    op: 'Clip',
    opset: 10,
    inputs: [f([-3, 0, 3])],
    attributes: { min: { float: -1 }, max: { float: 2 } },
    expected: [[-1, 0, 2]],
  },
  {
    op: 'Shrink',
    inputs: [f([-2, -0.5, 2])],
    attributes: { lambd: { float: 1.5 }, bias: { float: 0.5 } },
    expected: [[-1.5, 0, 1.5]],
  },
  {
    op: 'Softmax',
    opset: 12,
    inputs: [
      f([
        [
          [0, 0],
          [0, 0],
        ],
      ]),
    ],
    expected: [
      [
        [
          [0.25, 0.25],
          [0.25, 0.25],
        ],
      ],
    ],
  },
  {
    op: 'Softmax',
    opset: 13,
    inputs: [
      f([
        [
          [0, 0],
          [0, 0],
        ],
      ]),
    ],
    expected: [
      [
        [
          [0.5, 0.5],
          [0.5, 0.5],
        ],
      ],
    ],
  },

  {
    op: 'ReduceSum',
    inputs: [
      f([
        [1, 2],
        [3, 4],
      ]),
      n([0]),
    ],
    expected: [[[4, 6]]],
  },
  {
    op: 'ReduceSum',
    inputs: [
      f([
        [1, 2],
        [3, 4],
      ]),
    ],
    expected: [[[10]]],
  },
  {
    op: 'ReduceSum',
    inputs: [
      f([
        [1, 2],
        [3, 4],
      ]),
      n([-1]),
    ],
    attributes: { keepdims: { int: 0 } },
    expected: [[3, 7]],
  },
  {
    op: 'ReduceProd',
    opset: 13,
    inputs: [
      n([
        [1, 2],
        [3, 4],
      ]),
    ],
    attributes: { axes: { ints: [1] } },
    expected: [[[2], [12]]],
  },
  {
    op: 'ReduceMax',
    inputs: [
      n([
        [1, 2],
        [3, 4],
      ]),
      n([0]),
    ],
    opset: 18,
    expected: [[[3, 4]]],
  },
  {
    op: 'ReduceMin',
    inputs: [
      f([
        [1, 2],
        [3, 4],
      ]),
    ],
    opset: 18,
    expected: [[[1]]],
  },
  {
    op: 'ReduceL1',
    inputs: [
      f([
        [1, -2],
        [-3, 4],
      ]),
      n([1]),
    ],
    opset: 18,
    expected: [[[3], [7]]],
  },
  {
    op: 'ReduceL2',
    inputs: [
      f([
        [3, 4],
        [6, 8],
      ]),
      n([1]),
    ],
    opset: 18,
    expected: [[[5], [10]]],
  },
  {
    op: 'ReduceLogSum',
    inputs: [
      f([
        [1, 1],
        [1, 1],
      ]),
      n([1]),
    ],
    opset: 18,
    expected: [[[Math.LN2], [Math.LN2]]],
  },
  {
    op: 'ReduceLogSumExp',
    opset: 18,
    inputs: [
      f([
        [1000, 1000],
        [0, 0],
      ]),
      n([1]),
    ],
    attributes: { keepdims: { int: 0 } },
    expected: [[1000 + Math.LN2, Math.LN2]],
  },
  {
    op: 'ReduceSumSquare',
    inputs: [
      f([
        [1, 2],
        [3, 4],
      ]),
      n([1]),
    ],
    opset: 18,
    expected: [[[5], [25]]],
  },
  {
    op: 'ReduceMean',
    opset: 18,
    inputs: [
      f([
        [1, 2],
        [3, 4],
      ]),
      n([]),
    ],
    attributes: { noop_with_empty_axes: { int: 1 } },
    expected: [
      [
        [1, 2],
        [3, 4],
      ],
    ],
  },
  { op: 'ArgMax', inputs: [f([[1, 3, 3]])], attributes: { axis: { int: 1 } }, expected: [[[1]]] },
  {
    op: 'ArgMax',
    inputs: [f([[1, 3, 3]])],
    attributes: { axis: { int: 1 }, select_last_index: { int: 1 }, keepdims: { int: 0 } },
    expected: [[2]],
  },
  { op: 'ArgMin', inputs: [f([[1, 3, 0]])], attributes: { axis: { int: -1 } }, expected: [[[2]]] },
  {
    op: 'TopK',
    inputs: [f([3, 9, 1, 7]), n([2])],
    expected: [
      [9, 7],
      [1, 3],
    ],
  },
  {
    op: 'TopK',
    inputs: [f([3, 9, 1, 7]), n([2])],
    attributes: { largest: { int: 0 } },
    expected: [
      [1, 3],
      [2, 0],
    ],
  },
  { op: 'CumSum', inputs: [f([1, 2, 3, 4, 5]), n(0)], expected: [[1, 3, 6, 10, 15]] },
  {
    op: 'CumSum',
    inputs: [f([[1, 2, 3]]), n(1)],
    attributes: { exclusive: { int: 1 }, reverse: { int: 1 } },
    expected: [[[5, 3, 0]]],
  },

  {
    op: 'Reshape',
    inputs: [f([[1, 2, 3, 4]]), n([0, 2, -1])],
    expected: [
      [
        [
          [1, 2],
          [3, 4],
        ],
      ],
    ],
  },
  { op: 'Squeeze', inputs: [f([[[1, 2]]]), n([0])], expected: [[[1, 2]]] },
  {
    op: 'Squeeze',
    opset: 11,
    inputs: [f([[[1, 2]]])],
    attributes: { axes: { ints: [-2] } },
    expected: [[[1, 2]]],
  },
  { op: 'Squeeze', inputs: [f([[[1, 2]]])], expected: [[1, 2]] },
  { op: 'Unsqueeze', inputs: [f([1, 2]), n([0, -1])], expected: [[[[1], [2]]]] },
  {
    op: 'Transpose',
    inputs: [
      n([
        [1, 2, 3],
        [4, 5, 6],
      ]),
    ],
    expected: [
      [
        [1, 4],
        [2, 5],
        [3, 6],
      ],
    ],
  },
  {
    op: 'Expand',
    inputs: [n([[1], [2]]), n([2, 1, 2])],
    expected: [
      [
        [
          [1, 1],
          [2, 2],
        ],
        [
          [1, 1],
          [2, 2],
        ],
      ],
    ],
  },
  {
    op: 'Tile',
    inputs: [n([[1, 2]]), n([2, 2])],
    expected: [
      [
        [1, 2, 1, 2],
        [1, 2, 1, 2],
      ],
    ],
  },
  {
    op: 'Split',
    inputs: [n([1, 2, 3, 4, 5]), n([2, 3])],
    expected: [
      [1, 2],
      [3, 4, 5],
    ],
  },
  {
    op: 'Split',
    opset: 18,
    inputs: [f([1, 2, 3, 4, 5])],
    attributes: { num_outputs: { int: 2 } },
    expected: [
      [1, 2, 3],
      [4, 5],
    ],
  },
  { op: 'Slice', inputs: [n([1, 2, 3, 4]), n([-1]), n([-9]), n([0]), n([-2])], expected: [[4, 2]] },
  {
    op: 'Slice',
    inputs: [
      n([
        [1, 2, 3],
        [4, 5, 6],
      ]),
      n([1]),
      n([3]),
      n([1]),
    ],
    expected: [
      [
        [2, 3],
        [5, 6],
      ],
    ],
  },
  {
    op: 'Gather',
    inputs: [
      n([
        [1, 2],
        [3, 4],
        [5, 6],
      ]),
      n([[-1, 0]]),
    ],
    expected: [
      [
        [
          [5, 6],
          [1, 2],
        ],
      ],
    ],
  },
  {
    op: 'Gather',
    inputs: [
      n([
        [1, 2],
        [3, 4],
      ]),
      n(1),
    ],
    attributes: { axis: { int: 1 } },
    expected: [[2, 4]],
  },
  {
    op: 'GatherElements',
    inputs: [
      f([
        [1, 2],
        [3, 4],
      ]),
      n([[-1], [0]]),
    ],
    attributes: { axis: { int: 1 } },
    expected: [[[2], [3]]],
  },
  {
    op: 'GatherND',
    inputs: [
      f([
        [1, 2],
        [3, 4],
      ]),
      n([
        [0, 1],
        [-1, 0],
      ]),
    ],
    expected: [[2, 3]],
  },
  {
    op: 'GatherND',
    inputs: [
      f([
        [1, 2],
        [3, 4],
      ]),
      n([[1], [0]]),
    ],
    expected: [
      [
        [3, 4],
        [1, 2],
      ],
    ],
  },
  {
    op: 'ScatterElements',
    inputs: [f([[1, 2, 3, 4, 5]]), n([[1, -2]]), f([[1.1, 2.1]])],
    attributes: { axis: { int: 1 } },
    expected: [[[1, 1.1, 3, 2.1, 5]]],
  },
  {
    op: 'ScatterElements',
    inputs: [
      f([
        [0, 0, 0],
        [0, 0, 0],
        [0, 0, 0],
      ]),
      n([
        [1, 0, 2],
        [0, 2, 1],
      ]),
      f([
        [1, 1.1, 1.2],
        [2, 2.1, 2.2],
      ]),
    ],
    expected: [
      [
        [2, 1.1, 0],
        [1, 0, 2.2],
        [0, 2.1, 1.2],
      ],
    ],
  },
  // Indices of the first columns alone.
  {
    op: 'ScatterElements',
    inputs: [
      f([
        [1, 2, 3],
        [4, 5, 6],
      ]),
      n([[1], [1]]),
      f([[0], [9]]),
    ],
    attributes: { reduction: { text: 'add' } },
    opset: 18,
    expected: [
      [
        [1, 2, 3],
        [13, 5, 6],
      ],
    ],
  },
  ...(
    [
      ['add', [1, 2 + 6 + 7, -Infinity]],
      ['mul', [1, 2 * 6 * 7, -Infinity]],
      ['max', [1, 7, -Infinity]],
      ['min', [1, 2, -Infinity]],
    ] as const
  ).map(([reduction, expected]) => ({
    op: 'ScatterElements',
    inputs: [f([1, 2, -inf]), n([1, 1]), f([6, 7])],
    attributes: { reduction: { text: reduction } },
    opset: 18,
    expected: [expected],
  })),
  ...(
    [
      ['none', [1, 6, 3]],
      ['add', [1, 8, 3]],
      ['max', [1, 6, 3]],
      ['min', [1, 2, 3]],
    ] as const
  ).map(([reduction, expected]) => ({
    op: 'ScatterElements',
    inputs: [n([1, 2, 3]), n([-2]), n([6])],
    attributes: { reduction: { text: reduction } },
    opset: 18,
    expected: [expected],
  })),
  {
    op: 'Scatter',
    opset: 9,
    inputs: [f([1, 2, 3]), n([2, 0]), f([7, 8])],
    expected: [[8, 2, 7]],
  },
  {
    op: 'ScatterND',
    inputs: [f([1, 2, 3, 4]), n([[-1], [1]]), f([9, 8])],
    expected: [[1, 8, 3, 9]],
  },
  {
    op: 'ScatterND',
    inputs: [
      f([
        [1, 2],
        [3, 4],
        [5, 6],
      ]),
      n([[2], [0], [2]]),
      f([
        [1, 1],
        [2, 2],
        [3, 3],
      ]),
    ],
    attributes: { reduction: { text: 'add' } },
    opset: 18,
    expected: [
      [
        [3, 4],
        [3, 4],
        [9, 10],
      ],
    ],
  },
  {
    op: 'Trilu',
    inputs: [
      f([
        [1, 2, 3],
        [4, 5, 6],
      ]),
      n(1),
    ],
    expected: [
      [
        [0, 2, 3],
        [0, 0, 6],
      ],
    ],
  },
  {
    op: 'Trilu',
    inputs: [
      n([
        [1, 2],
        [3, 4],
        [5, 6],
      ]),
    ],
    attributes: { upper: { int: 0 } },
    expected: [
      [
        [1, 0],
        [3, 4],
        [5, 6],
      ],
    ],
  },
  {
    op: 'OneHot',
    inputs: [n([0, -1]), n(3), f([2, 5])],
    expected: [
      [
        [5, 2, 2],
        [2, 2, 5],
      ],
    ],
  },
  {
    op: 'OneHot',
    inputs: [n([0, 2]), n(3), n([0, 1])],
    attributes: { axis: { int: 0 } },
    expected: [
      [
        [1, 0],
        [0, 0],
        [0, 1],
      ],
    ],
  },
  { op: 'Range', inputs: [n(5), n(0), n(-2)], expected: [[5, 3, 1]] },
  { op: 'Range', inputs: [f(0), f(1), f(0.25)], expected: [[0, 0.25, 0.5, 0.75]] },
  {
    op: 'Shape',
    inputs: [f([[[1], [2]]])],
    attributes: { start: { int: 1 }, end: { int: -1 } },
    expected: [[2]],
  },
  { op: 'Size', inputs: [f([[1, 2, 3]])], expected: [6 / 2] },
  {
    op: 'Concat',
    inputs: [n([1]), n([2, 3])],
    attributes: { axis: { int: 0 } },
    expected: [[1, 2, 3]],
  },
  { op: 'Identity', inputs: [n([1])], expected: [[1]] },

  {
    op: 'Einsum',
    inputs: [
      f([
        [1, 2],
        [3, 4],
      ]),
      f([
        [1, 0],
        [0, 2],
      ]),
      f([1, 10]),
    ],
    attributes: { equation: { text: 'ij,jk,k' } },
    expected: [[1 + 40, 3 + 80]],
  },
  {
    op: 'Einsum',
    inputs: [
      f([
        [1, 2],
        [3, 4],
      ]),
    ],
    attributes: { equation: { text: 'ij -> j' } },
    expected: [[4, 6]],
  },
  {
    op: 'Gemm',
    inputs: [f([[1, 2]]), f([[3, 4]]), f([1])],
    attributes: { transB: { int: 1 }, alpha: { float: 2 }, beta: { float: 3 } },
    expected: [[[25]]],
  },
  { op: 'GlobalLpPool', inputs: [f([[[3, 4]]])], expected: [[[[5]]]] },
  { op: 'LpNormalization', inputs: [f([[3, 4]])], expected: [[[0.6, 0.8]]] },
  {
    op: 'GroupNormalization',
    opset: 18,
    inputs: [f([[[1], [3], [10], [30]]]), f([1, 2]), f([0, 1])],
    attributes: { num_groups: { int: 2 }, epsilon: { float: 0 } },
    expected: [[[[-1], [1], [-1], [3]]]],
  },
  {
    op: 'PRelu',
    opset: 6,
    inputs: [f([[[-1], [-1]]]), f([2, 3])],
    expected: [[[[-2], [-3]]]],
  },
  {
    op: 'Upsample',
    opset: 7,
    inputs: [f([[[1, 3]]])],
    attributes: { scales: { floats: [1, 1, 2] }, mode: { text: 'linear' } },
    expected: [[[[1, 2, 3, 3]]]],
  },
  {
    op: 'Resize',
    opset: 10,
    inputs: [f([[[1, 3]]]), f([1, 1, 2])],
    expected: [[[[1, 1, 3, 3]]]],
  },
  {
    op: 'Pad',
    opset: 10,
    inputs: [f([1, 2])],
    attributes: { pads: { ints: [1, -1] }, value: { float: 9 } },
    expected: [[9, 1]],
  },
  {
    op: 'Add',
    opset: 6,
    inputs: [f([[[1], [2]]]), f([10, 20])],
    attributes: { broadcast: { int: 1 }, axis: { int: 1 } },
    expected: [[[[11], [22]]]],
  },
]

const proto = (name: string, { shape, values, whole }: Given): TensorProto =>
  whole ? integers(name, values, shape) : floats(name, shape, values)

async function outputs(each: Case, asInputs: boolean): Promise<void> {
  const { op, inputs, attributes = {}, opset = 17, expected } = each
  const names = inputs.map((given, i) => (given ? `i${i}` : ''))
  const given = inputs.flatMap((value, i) => (value ? [[names[i]!, value] as const] : []))
  const made = expected.map((_, i) => `o${i}`)
  const network = decodeOnnx(
    modelFile({
      opset,
      nodes: [{ op, inputs: names, outputs: made, attributes }],
      outputs: made,
      ...(asInputs
        ? {
            inputs: given.map(([name, { shape, whole }]) => ({
              name,
              shape,
              type: whole ? Type.INT64 : Type.FLOAT,
            })),
          }
        : { initializers: given.map(([name, value]) => proto(name, value)) }),
    }),
  )
  const tensors = given.map(([name, { shape, values, whole }]) => [
    name,
    tensor(whole ? Int32Array.from(values) : Float32Array.from(values), shape),
  ])
  const found = await network.run(asInputs ? Object.fromEntries(tensors) : {})
  await compute(Object.values(found))
  for (const [i, want] of expected.entries()) {
    const y = found[`o${i}`]!
    expect(y.shape).toEqual(shapeOf(want))
    expect(distance(await y.data(), flat(want))).toBeLessThanOrEqual(1e-6)
  }
}

describe.each(cases.map((each, i) => [`${each.op} (${i})`, each] as const))('%s', (_, each) => {
  it('of constants', () => outputs(each, false))
  it('of inputs', () => outputs(each, true))
})

describe('stored elements', () => {
  const stored = (
    fields: Parameters<typeof create<typeof TensorProtoSchema>>[1],
  ): Promise<number[]> => {
    const w = create(TensorProtoSchema, { name: 'w', ...(fields as object) })
    const nodes = [{ op: 'Identity', inputs: ['w'], outputs: ['y'] }]
    return decodeOnnx(modelFile({ initializers: [w], nodes, outputs: ['y'] }))
      .run({})
      .then(async ({ y }) => Array.from(await y!.data()))
  }

  it.each([
    [
      'float16 bits',
      { dims: [4n], dataType: Type.FLOAT16, int32Data: [0x3c00, 0xc000, 0x0001, 0x7c00] },
      [1, -2, 2 ** -24, inf],
    ],
    [
      'float16 bytes',
      { dims: [2n], dataType: Type.FLOAT16, rawData: new Uint8Array([0, 0x3c, 0, 0xc0]) },
      [1, -2],
    ],
    [
      'bfloat16',
      { dims: [2n], dataType: Type.BFLOAT16, rawData: new Uint8Array([0x80, 0x3f, 0x20, 0xc0]) },
      [1, -2.5],
    ],
    ['floats', { dims: [2n], dataType: Type.FLOAT, floatData: [1.5, -2] }, [1.5, -2]],
    ['doubles', { dims: [2n], dataType: Type.DOUBLE, doubleData: [1.5, -2] }, [1.5, -2]],
    ['int8', { dims: [2n], dataType: Type.INT8, int32Data: [1, -2] }, [1, -2]],
    ['int8 bytes', { dims: [2n], dataType: Type.INT8, rawData: new Uint8Array([1, 254]) }, [1, -2]],
    ['int64', { dims: [2n], dataType: Type.INT64, int64Data: [1n, -2n] }, [1, -2]],
    ['uint64', { dims: [1n], dataType: Type.UINT64, uint64Data: [7n] }, [7]],
    ['bool', { dims: [2n], dataType: Type.BOOL, int32Data: [1, 0] }, [1, 0]],
  ])('%s', async (_, fields, expected) => {
    expect(await stored(fields as never)).toEqual(expected)
  })

  it('are views of the file where they are aligned, and right where they are not', async () => {
    const values = Float32Array.from({ length: 5000 }, (_, i) => i / 7)
    const nodes = [{ op: 'Neg', inputs: ['w'], outputs: ['y'] }]
    for (const name of ['w', 'ww', 'www', 'wwww']) {
      const file = modelFile({
        initializers: [floats(name, [5000], values)],
        nodes: [{ ...nodes[0]!, inputs: [name] }],
        outputs: ['y'],
      })
      const network = decodeOnnx(file)
      const [parameter] = network.parameters()
      expect(await parameter!.data()).toEqual(values)
    }
  })
})
