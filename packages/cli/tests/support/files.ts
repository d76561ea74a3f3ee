/** Small files of every kind, written where a test works. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { encodeKeras, encodeOnnx, encodeTfjs } from '@striate/formats'
import {
  type ArrayInput,
  encodeNetwork,
  encodeNpy,
  encodeSafetensors,
  lenet5,
  manualSeed,
  nn,
  sequential,
  type Tensor,
  tensor,
} from 'striate'

/** A network of digits with weights that a seed decides. */
export function digitNetwork(): nn.Layer {
  manualSeed(4)
  const net = lenet5()
  net.eval()
  return net
}

/** Layers that Keras has too. */
export function layersNetwork(): nn.Layer {
  manualSeed(4)
  return sequential(
    nn.conv2d({ inChannels: 1, outChannels: 3, kernelSize: 3, layout: 'channels-last' }),
    nn.relu(),
    nn.flatten(),
    nn.linear(108, 4),
    nn.softmax(),
  )
}

/** Values that are different in every place. */
export const wave = (...shape: readonly number[]): ArrayInput => {
  const length = shape.reduce((product, size) => product * size, 1)
  const data = Float32Array.from({ length }, (_, index) => Math.sin(1 + index * 0.7))
  return { dtype: 'float32', shape, data }
}

export const asTensor = ({ data, shape }: ArrayInput): Tensor => tensor(data, shape)

export const arrays = {
  'conv.weight': wave(4, 3, 3, 3),
  'conv.bias': wave(4),
  steps: { dtype: 'int32', shape: [], data: Int32Array.of(9) },
} as const satisfies Record<string, ArrayInput>

export async function writeFiles(folder: string): Promise<void> {
  const write = (name: string, bytes: Uint8Array): void => writeFileSync(join(folder, name), bytes)
  write('weights.safetensors', encodeSafetensors(arrays, { made: 'here' }))
  write('lenet5.safetensors', await encodeNetwork(digitNetwork()))
  write('lenet5.onnx', await encodeOnnx(digitNetwork(), [1, 1, 28, 28], { dynamicBatch: true }))
  write('layers.keras', await encodeKeras(layersNetwork(), { inputShape: [8, 8, 1] }))
  for (const [name, bytes] of Object.entries(
    await encodeTfjs(layersNetwork(), { inputShape: [8, 8, 1] }),
  ))
    write(name, bytes)
  write('digits.npy', encodeNpy(wave(5, 1, 28, 28)))
  write('squares.npy', encodeNpy(wave(2, 8, 8, 1)))
}
