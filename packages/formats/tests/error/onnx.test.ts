// What is no good ONNX file is refused by name: the node, the tensor or the byte, and never by a crash.
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { create } from '@bufbuild/protobuf'
import { decodeOnnx, loadOnnx } from '@striate/formats'
import {
  StringStringEntryProtoSchema,
  type TensorProto,
  TensorProto_DataLocation,
  TensorProtoSchema,
  TensorProto_DataType as Type,
} from 'onnx-buf'
import { StriateError, tensor } from 'striate'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { floats, integers, type ModelSpec, modelFile, sequence } from '../support/onnxModel.ts'

const small: ModelSpec = {
  inputs: [{ name: 'x', shape: [1, 1, 4] }],
  outputs: ['y'],
  initializers: [floats('w', [2, 1, 3], sequence(6))],
  nodes: [
    { op: 'Conv', inputs: ['x', 'w'], outputs: ['a'], name: 'first' },
    { op: 'Relu', inputs: ['a'], outputs: ['y'] },
  ],
}

const withTensor = (each: TensorProto): Uint8Array => modelFile({ ...small, initializers: [each] })

describe('operators', () => {
  it('that cannot be imported are named with every node, before anything runs', () => {
    const nodes = [
      ...small.nodes,
      { op: 'Relru', inputs: ['y'], outputs: ['z'], name: 'odd' },
      { op: 'NonMaxSuppression', inputs: ['z'], outputs: ['b'], name: 'boxes' },
      { op: 'Gelu', inputs: ['b'], outputs: ['c'], domain: 'com.microsoft' },
    ]
    expect(() => decodeOnnx(modelFile({ ...small, nodes, outputs: ['c'] }))).toThrow(
      /^loadOnnx: node 'odd' \(Relru, byte \d+\) must be of an operator that can be imported, got Relru, NonMaxSuppression, com.microsoft.Gelu; also node 'boxes' .*, node number 4/,
    )
  })

  it('say which is near', () => {
    const nodes = [{ op: 'Relru', inputs: ['x'], outputs: ['y'] }]
    expect(() => decodeOnnx(modelFile({ ...small, nodes }))).toThrow('the nearest is Relu')
  })

  it('in branches are found too', () => {
    const branch = { nodes: [{ op: 'Odd', inputs: ['x'], outputs: ['z'] }], outputs: ['z'] }
    const nodes = [
      {
        op: 'If',
        inputs: ['w'],
        outputs: ['y'],
        attributes: { then_branch: { graph: branch }, else_branch: { graph: branch } },
      },
    ]
    expect(() => decodeOnnx(modelFile({ ...small, nodes }))).toThrow(/node number 0 \(Odd/)
  })

  it.each([1, 5, 29, 1000])('of opset %s are refused', (opset) => {
    expect(() => decodeOnnx(modelFile({ ...small, opset }))).toThrow(
      `loadOnnx: opset must be 6 to 28, got ${opset}`,
    )
  })

  it.each([6, 7, 13, 21, 28])('of opset %s are read', (opset) => {
    expect(decodeOnnx(modelFile({ ...small, opset })).opset).toBe(opset)
  })

  it('are not older than their opset', () => {
    const nodes = [{ op: 'Mish', inputs: ['x'], outputs: ['y'], name: 'm' }]
    expect(() => decodeOnnx(modelFile({ ...small, nodes, opset: 17 }))).toThrow(
      /node 'm' \(Mish, byte \d+\) needs opset 18 or later, got 17/,
    )
  })

  it('have no attributes but their own', () => {
    const nodes = [
      { op: 'Relu', inputs: ['x'], outputs: ['y'], attributes: { slope: { float: 1 } } },
    ]
    expect(() => decodeOnnx(modelFile({ ...small, nodes }))).toThrow(
      /no attribute but .*got 'slope'/,
    )
    const typed = [
      { op: 'Elu', inputs: ['x'], outputs: ['y'], attributes: { alpha: { text: 'big' } } },
    ]
    expect(() => decodeOnnx(modelFile({ ...small, nodes: typed }))).toThrow(
      'needs its attribute alpha to be of type float, got string',
    )
  })

  it('have their inputs before them', () => {
    const nodes = [...small.nodes].reverse()
    expect(() => decodeOnnx(modelFile({ ...small, nodes }))).toThrow(
      /\(Relu, byte \d+\) must come after whatever makes its inputs, got 'a'/,
    )
    expect(() => decodeOnnx(modelFile({ ...small, outputs: ['lost'] }))).toThrow(
      "output 'lost' must be made by a node",
    )
    const twice = [...small.nodes, { op: 'Relu', inputs: ['x'], outputs: ['a'] }]
    expect(() => decodeOnnx(modelFile({ ...small, nodes: twice }))).toThrow(
      "must make values that have no maker yet, got 'a'",
    )
  })

  it('say where shapes do not fit, when the file is read if it fixes them', () => {
    const wrong = { ...small, inputs: [{ name: 'x', shape: [1, 2, 4] }] }
    expect(() => decodeOnnx(modelFile(wrong))).toThrow(
      /^OnnxNetwork: node 'first' \(Conv, byte \d+\) must have inputs and attributes that fit, got shapes \[1, 2, 4\], \[2, 1, 3\]: conv: /,
    )
    const open = { ...small, inputs: [{ name: 'x', shape: [1, 'channels', 4] }] }
    const network = decodeOnnx(modelFile(open))
    expect(() => network.forward(tensor(sequence(8), [1, 2, 4]))).toThrow("node 'first'")
    expect(() => network.forward(tensor(sequence(8), [8]))).toThrow(
      "run: 'x' must have 3 axes, [1, channels, 4], got [8]",
    )
    expect(() => network.shapes()).toThrow("'x' must be given sizes for all its axes")
  })
})

describe('tensors', () => {
  const raw = (dims: readonly number[], bytes: number, dataType: number = Type.FLOAT): Uint8Array =>
    withTensor(
      create(TensorProtoSchema, {
        name: 'w',
        dims: dims.map(BigInt),
        dataType,
        rawData: new Uint8Array(bytes),
      }),
    )

  it.each([
    [
      'more than there is',
      raw([2, 1, 3], 20),
      /tensor 'w' \(byte \d+\) must hold 24 bytes for float32 \[2, 1, 3\], got 20/,
    ],
    ['less', raw([2, 1, 3], 28), /must hold 24 bytes/],
    ['a terabyte', raw([2 ** 20, 2 ** 20], 24), /must hold 4398046511104 bytes/],
    ['more than can be counted', raw([2 ** 40, 2 ** 40], 24), /fewer than 2⁵³ elements/],
    ['less than nothing', raw([-2, -3], 24), /sizes of at least 0, got \[-2, -3\]/],
    ['strings', raw([1], 4, Type.STRING), /must be of a type .* got string; these are float32,/],
    ['a type of the future', raw([1], 4, 99), /got type 99/],
  ])('that claim to hold %s', (_, bytes, message) => {
    expect(() => decodeOnnx(bytes)).toThrow(message)
  })

  it('that claim more values than there are, of any field', () => {
    const wide = create(TensorProtoSchema, {
      name: 'w',
      dims: [1n << 40n],
      dataType: Type.INT64,
      int64Data: [1n, 2n],
    })
    expect(() => decodeOnnx(withTensor(wide))).toThrow(
      /must hold 1099511627776 values for int64 \[1099511627776\], got 2/,
    )
    const real = create(TensorProtoSchema, {
      name: 'w',
      dims: [3n],
      dataType: Type.FLOAT,
      floatData: [1, 2],
    })
    expect(() => decodeOnnx(withTensor(real))).toThrow(/must hold 12 bytes .*, got 8/)
  })

  it('of whole numbers beyond 32 bits are named when they are computed with', async () => {
    const nodes = [{ op: 'Add', inputs: ['n', 'w'], outputs: ['y'] }]
    const inputs = [{ name: 'n', shape: [1], type: Type.INT64 }]
    const network = decodeOnnx(
      modelFile({ ...small, inputs, nodes, initializers: [integers('w', [2n ** 40n])] }),
    )
    await expect(network.run({ n: tensor(new Int32Array([1])) })).rejects.toThrow(
      /tensor 'w' \(byte \d+\) must hold whole numbers of 32 bits/,
    )
  })

  it('have names of their own', () => {
    const again = { ...small, initializers: [floats('w', [1], [1]), floats('w', [1], [2])] }
    expect(() => decodeOnnx(modelFile(again))).toThrow(/tensor 'w' .* must have a name of its own/)
  })

  it.each([
    ['ConstantOfShape', ['big'], /needs sizes of at least 0 of at most 2³¹ elements/],
    ['Range', ['zero', 'limit', 'one'], /needs a step that leads to its limit/],
    ['OneHot', ['classes', 'limit', 'values'], /needs a depth from 1 to \d+/],
    ['Pad', ['x', 'pads'], /needs at most \d+ taps/],
  ])('that %s would make without end are not made', (op, inputs, message) => {
    const initializers = [
      integers('big', [2n ** 31n, 2n ** 20n]),
      integers('limit', [2n ** 40n], []),
      integers('zero', [0], []),
      integers('one', [1], []),
      integers('classes', [0]),
      integers('values', [0, 1]),
      integers('pads', [0, 0, 2n ** 40n, 0, 0, 0]),
    ]
    const nodes = [{ op, inputs, outputs: ['y'] }]
    expect(() => decodeOnnx(modelFile({ ...small, initializers, nodes }))).toThrow(message)
  })
})

describe('external data', () => {
  let folder = ''
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'striate-onnx-'))
    await writeFile(join(folder, 'weights.bin'), new Uint8Array(sequence(16).buffer))
    await writeFile(join(tmpdir(), 'striate-outside.bin'), new Uint8Array(64))
  })
  afterAll(async () => {
    await rm(folder, { recursive: true, force: true })
    await rm(join(tmpdir(), 'striate-outside.bin'), { force: true })
  })

  const external = (entries: Readonly<Record<string, string>>): Uint8Array =>
    withTensor(
      create(TensorProtoSchema, {
        name: 'w',
        dims: [2n, 1n, 3n],
        dataType: Type.FLOAT,
        dataLocation: TensorProto_DataLocation.EXTERNAL,
        externalData: Object.entries(entries).map(([key, value]) =>
          create(StringStringEntryProtoSchema, { key, value }),
        ),
      }),
    )

  async function load(entries: Readonly<Record<string, string>>): Promise<unknown> {
    const path = join(folder, 'model.onnx')
    await writeFile(path, external(entries))
    return (await loadOnnx(path)).stateDict().w!.array()
  }

  it('is read from beside the model, at its offset', async () => {
    const expected = [...sequence(16).subarray(4, 10)]
    const found = await load({ location: 'weights.bin', offset: '16', length: '24' })
    expect([found].flat(3)).toEqual(expected)
  })

  it('may be given as bytes', async () => {
    const bytes = new Uint8Array(sequence(16).buffer)
    const network = decodeOnnx(external({ location: 'weights.bin', offset: '3' }), {
      externalData: { 'weights.bin': bytes },
    })
    const unaligned = new Float32Array(bytes.slice(3, 27).buffer)
    expect(await network.stateDict().w!.data()).toEqual(unaligned)
  })

  it.each([
    '../striate-outside.bin',
    'a/../../striate-outside.bin',
    '/etc/hostname',
    'C:/weights.bin',
    '..\\weights.bin',
    'file:///etc/hostname',
    'https://example.org/weights.bin',
    'a//b',
    '',
    'weights\u0000.bin',
  ])('does not leave the folder: %j', async (location) => {
    await expect(load({ location })).rejects.toThrow(
      /tensor 'w' \(byte \d+\) must have its external data in the folder of the model/,
    )
  })

  it('does not leave it by a link either', async () => {
    await symlink(join(tmpdir(), 'striate-outside.bin'), join(folder, 'link.bin'))
    await expect(load({ location: 'link.bin' })).rejects.toThrow(
      "external file 'link.bin' must lie in the folder of the model, got a link that leads out of it",
    )
  })

  it.each([
    [
      { location: 'nothing.bin' },
      /tensor 'w' .* needs the bytes of its external file 'nothing.bin', got .* must name a place that exists/,
    ],
    [
      { location: 'weights.bin', offset: '48' },
      /tensor 'w' .* must lie within 'weights.bin', which has 64 bytes, got bytes 48 to 72/,
    ],
    [{ location: 'weights.bin', offset: '-8' }, /external offset that is a whole number, got '-8'/],
    [{ location: 'weights.bin', length: '8' }, /external length of 24 bytes for its shape, got 8/],
    [{ location: 'weights.bin', length: '1e99' }, /external length that is a whole number/],
  ])('is all there: %j', async (entries, message) => {
    await expect(load(entries)).rejects.toThrow(message)
  })

  it('needs somebody who reads it', () => {
    expect(() => decodeOnnx(external({ location: 'weights.bin' }))).toThrow(
      /tensor 'w' .* needs the bytes of its external file 'weights.bin', got a model given as bytes alone; give the path/,
    )
  })
})

describe('damaged files', () => {
  const whole = modelFile({
    ...small,
    initializers: [
      floats('w', [2, 1, 3], sequence(6)),
      integers('shape', [1, -1]),
      integers('pads', [0, 0, 1, 0, 0, 2]),
    ],
    nodes: [
      { op: 'Pad', inputs: ['x', 'pads'], outputs: ['p'] },
      { op: 'Conv', inputs: ['p', 'w'], outputs: ['a'], attributes: { strides: { ints: [1] } } },
      { op: 'MaxPool', inputs: ['a'], outputs: ['m'], attributes: { kernel_shape: { ints: [2] } } },
      { op: 'Shape', inputs: ['m'], outputs: ['s'] },
      { op: 'ConstantOfShape', inputs: ['s'], outputs: ['zeros'] },
      { op: 'Add', inputs: ['m', 'zeros'], outputs: ['sum'] },
      { op: 'Reshape', inputs: ['sum', 'shape'], outputs: ['y'] },
    ],
  })

  const outcome = (bytes: Uint8Array): string => {
    try {
      decodeOnnx(bytes)
      return 'read'
    } catch (error) {
      if (error instanceof StriateError) return 'refused'
      throw error
    }
  }

  it('are refused by the error builder wherever they are cut', () => {
    expect(outcome(whole)).toBe('read')
    const outcomes = Array.from(whole, (_, end) => outcome(whole.subarray(0, end)))
    expect(outcomes.slice(0, -30)).not.toContain('read')
  })

  it('are refused or read with any bit turned', () => {
    const found = new Set<string>()
    for (let bit = 0; bit < whole.length * 8; bit++) {
      const bytes = whole.slice()
      bytes[bit >> 3]! ^= 1 << (bit & 7)
      found.add(outcome(bytes))
    }
    expect([...found].sort()).toEqual(['read', 'refused'])
  })

  it('that are no ONNX files say so', () => {
    expect(() => decodeOnnx(new Uint8Array(0))).toThrow(
      'loadOnnx: the model must hold a graph, got 0 bytes without one; is this an ONNX file?',
    )
    expect(() => decodeOnnx(new TextEncoder().encode('<html><body>404</body></html>'))).toThrow(
      /^loadOnnx: byte \d+ \(the model\) must/,
    )
    expect(() => decodeOnnx('model.onnx' as never)).toThrow('source must be bytes, a path or a URL')
    expect(() => decodeOnnx(whole, { folds: true } as never)).toThrow(
      "options must be of fold, externalData, limit, got 'folds'",
    )
  })

  it('that are missing say where', async () => {
    await expect(loadOnnx('/nowhere/model.onnx')).rejects.toThrow(
      "'/nowhere/model.onnx' must name a place that exists",
    )
  })
})
