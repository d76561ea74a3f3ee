/** Inputs for networks. */
import { RandomStream, type Tensor, tensor } from 'striate'

/** Two samples: numbers from N(0, 1), or words from 0 to 19. */
export function drawInput(shape: readonly number[], dtype: 'float32' | 'int32', seed = 1): Tensor {
  const size = shape.reduce((all, each) => all * each, 2)
  const values = new Float32Array(size)
  new RandomStream(seed).fillNormal(values)
  const words = Int32Array.from(values, (value) => Math.abs(Math.round(value * 100)) % 20)
  return tensor(dtype === 'int32' ? words : values, [2, ...shape])
}
