/** What stands in an exported file beside its numbers: names, sizes, versions; and how it is written. */
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { decodeOnnx, encodeOnnx, saveOnnx } from '@striate/formats'
import type { ValueInfoProto } from 'onnx-buf'
import { add, broadcastTo, models, mul, nn, relu, type Tensor, tensor } from 'striate'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { graphOf } from '../../src/onnxExport/exportNetwork.ts'
import { modelPieces } from '../../src/onnxExport/wire.ts'
import { computed, decodeModel, runOnnx } from '../support/onnxRuntime.ts'

const shapeOf = ({ type }: ValueInfoProto): (number | string)[] => {
  if (type?.value.case !== 'tensorType') throw new Error('no tensor')
  return type.value.value.shape!.dim.map(({ value }) =>
    value.case === 'dimParam' ? value.value : Number(value.value),
  )
}

const small = (): nn.Sequential =>
  nn.sequential({
    conv: nn.conv2d({ inChannels: 1, outChannels: 2, kernelSize: 3 }),
    norm: nn.batchNorm2d(2),
    relu: nn.relu(),
    drop: nn.dropout(0.5),
    flat: nn.flatten(),
    fc: nn.linear(2 * 6 * 6, 3),
  })

describe('a file', () => {
  test('says its versions and sizes', async () => {
    const model = decodeModel(await encodeOnnx(small(), [4, 1, 8, 8]))
    expect(model.irVersion).toBe(8n)
    expect(model.opsetImport.map(({ domain, version }) => [domain, version])).toEqual([['', 17n]])
    expect(model.producerName).toBe('striate')
    const { name, input, output } = model.graph!
    expect(name).toBe('Sequential')
    expect(input.map((each) => [each.name, shapeOf(each)])).toEqual([['input', [4, 1, 8, 8]]])
    expect(output.map((each) => [each.name, shapeOf(each)])).toEqual([['output', [4, 3]]])
  })

  test('names weights as the state dict and nodes as the layers', async () => {
    const net = small()
    const { node, initializer } = decodeModel(await encodeOnnx(net, [1, 1, 8, 8])).graph!
    expect(node.map(({ name }) => name)).toEqual([
      'conv/Conv',
      'norm/BatchNormalization',
      'relu/Relu',
      'flat/Flatten',
      'fc/Gemm',
    ])
    expect(initializer.map(({ name }) => name).sort()).toEqual(Object.keys(net.stateDict()).sort())
    const found = initializer.find(({ name }) => name === 'fc.weight')!
    expect(found.dims).toEqual([3n, 72n])
    const values = new Float32Array(found.rawData.slice().buffer)
    expect(values).toEqual(await net.stateDict()['fc.weight']!.data())
  })

  test('holds what never changes as constants, which do not come back as weights', async () => {
    const net = nn.sequential({
      norm: nn.batchNorm2d(2, { affine: false }),
      groups: nn.groupNorm(1, 2, { affine: false }),
      mean: nn.avgPool2d(3, { stride: 2, padding: 1, ceilMode: true }),
      pool: nn.adaptiveAvgPool2d(3),
      conv: nn.conv2d({ inChannels: 2, outChannels: 2, kernelSize: 2 }),
    })
    const same = decodeOnnx(await encodeOnnx(net, [1, 2, 8, 8]))
    const names = (states: readonly (readonly [string, unknown])[]): string[] =>
      states.map(([name]) => name).sort()
    expect(names(same.namedParameters())).toEqual(names(net.namedParameters()))
    expect(names(same.namedBuffers())).toEqual(names(net.namedBuffers()))
  })

  test('leaves the batch open', async () => {
    const bytes = await encodeOnnx(small(), [1, 1, 8, 8], { dynamicBatch: true })
    const { input, output } = decodeModel(bytes).graph!
    expect(shapeOf(input[0]!)).toEqual(['batch', 1, 8, 8])
    expect(shapeOf(output[0]!)).toEqual(['batch', 3])
  })

  test('computes a free size where -1 is not enough', async () => {
    const spread = (x: Tensor): Tensor => broadcastTo(x, [2, x.shape[0]!, 3])
    const bytes = await encodeOnnx(spread, [1, 3], { dynamicBatch: true })
    const { node, output } = decodeModel(bytes).graph!
    expect(node.map(({ opType }) => opType)).toEqual(['Shape', 'Concat', 'Expand'])
    expect(shapeOf(output[0]!)).toEqual([2, 'batch', 3])
  })

  test('holds a shared weight once', async () => {
    const shared = nn.linear(3, 3)
    const net = nn.sequential({ a: shared, b: nn.relu(), c: shared })
    const { initializer, node } = decodeModel(await encodeOnnx(net, [1, 3])).graph!
    expect(initializer.map(({ name }) => name)).toEqual(['a.weight', 'a.bias'])
    expect(node.map(({ opType }) => opType)).toEqual(['Gemm', 'Relu', 'Gemm'])
  })
})

describe('a network', () => {
  test('is exported as it is used, and left as it was', async () => {
    const net = small()
    net.children()[1]![1].eval()
    const modes = net.namedLayers().map(([, layer]) => layer.training)
    const bytes = await encodeOnnx(net, [1, 1, 8, 8])
    expect(net.namedLayers().map(([, layer]) => layer.training)).toEqual(modes)
    expect(decodeModel(bytes).graph!.node.map(({ opType }) => opType)).toContain(
      'BatchNormalization',
    )
  })

  test('has the weights that it has now, computed or not', async () => {
    const net = nn.linear(2, 2, { bias: false })
    net.weight.assign(
      mul(
        tensor([
          [1, 2],
          [3, 4],
        ]),
        10,
      ),
    )
    const bytes = await encodeOnnx(net, [1, 2])
    const { output } = await runOnnx(bytes, { input: tensor([[1, 1]]) })
    expect([...output!.data]).toEqual([30, 70])
  })

  test('may be in float64', async () => {
    const net = nn.sequential(nn.linear(2, 2), nn.relu()).to('float64')
    const bytes = await encodeOnnx(net, { shape: [1, 2], dtype: 'float64' })
    const x = tensor(new Float64Array([0.3, -0.7]), [1, 2])
    const { output } = await runOnnx(bytes, { input: x })
    const expected = await computed(net.forward(x))
    expect(output!.data).toBeInstanceOf(Float64Array)
    for (const [i, want] of expected.data.entries()) expect(output!.data[i]).toBeCloseTo(want, 12)
  })
})

describe('a function', () => {
  test('names its outputs by keys and its weights by a layer', async () => {
    const net = models.multiTask({ tasks: { digit: 10, odd: 2 } })
    const bytes = await encodeOnnx((x) => net.outputs(x), [1, 3, 32, 32], {
      weights: net,
      name: 'tasks',
    })
    const { name, output, initializer } = decodeModel(bytes).graph!
    expect(name).toBe('tasks')
    expect(output.map((each) => each.name)).toEqual(['digit', 'odd'])
    const names = Object.keys(net.stateDict())
    expect(
      initializer
        .map((each) => each.name)
        .filter((each) => names.includes(each))
        .sort(),
    ).toEqual(names.sort())
  })

  test('takes several inputs, by name and type, and names for its outputs', async () => {
    const scale = tensor([2, 3])
    const bytes = await encodeOnnx(
      (a, b) => [mul(a!, scale), add(a!, b!)],
      [
        { name: 'a', shape: [1, 2] },
        { name: 'b', shape: [2], dtype: 'int32' },
      ],
      { outputNames: ['scaled', 'sum'], weights: { scale } },
    )
    expect(decodeModel(bytes).graph!.initializer.map(({ name }) => name)).toEqual(['scale'])
    const results = await runOnnx(bytes, {
      a: tensor([[1, 2]]),
      b: tensor(new Int32Array([10, 20])),
    })
    expect([...results.scaled!.data]).toEqual([2, 6])
    expect([...results.sum!.data]).toEqual([11, 22])
  })
})

describe('the bytes', () => {
  test('of large weights are those of the network, not a copy', async () => {
    const net = nn.linear(300, 200)
    const weight = net.weight.node.data!
    const pieces = modelPieces(await graphOf(net, [1, 300]))
    expect(pieces.filter(({ buffer }) => buffer === weight.buffer)).toHaveLength(1)
    const rest = pieces.filter(({ buffer }) => buffer !== weight.buffer)
    expect(rest.reduce((total, { length }) => total + length, 0)).toBeLessThan(4096)
  })
})

describe('saving', () => {
  let folder = ''
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'striate-onnx-'))
  })
  afterEach(() => rm(folder, { recursive: true }))

  test('writes what encoding gives, and nothing beside it', async () => {
    const net = nn.sequential(nn.linear(300, 200), nn.relu())
    const path = join(folder, 'net.onnx')
    await saveOnnx(net, path, [1, 300], { dynamicBatch: true })
    const bytes = await encodeOnnx(net, [1, 300], { dynamicBatch: true })
    expect(new Uint8Array(await readFile(path))).toEqual(bytes)
    expect(await readdir(folder)).toEqual(['net.onnx'])
  })

  test('that fails leaves the older file', async () => {
    const path = join(folder, 'net.onnx')
    await writeFile(path, 'older')
    const broken = (): never => {
      throw new Error('on purpose')
    }
    await expect(saveOnnx(broken, path, [1, 3])).rejects.toThrow('on purpose')
    await expect(saveOnnx((x) => relu(x!), join(folder, 'none', 'net.onnx'), [1])).rejects.toThrow(
      'must name a place that exists',
    )
    expect(await readFile(path, 'utf8')).toBe('older')
    expect(await readdir(folder)).toEqual(['net.onnx'])
  })
})
