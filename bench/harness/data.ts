/** The numbers that jobs run on: the same in every run, written once for all contestants to read. */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type ArraySpecification, inputsOf, type Job } from './job.ts'
import { networkArrays } from './networkData.ts'
import { product } from './shape.ts'

export type Uniform = () => number

/** Uniform in [0, 1). Marsaglia, "Xorshift RNGs" (2003). */
export function uniform(seed: number): Uniform {
  let state = seed
  return () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) / 2 ** 32
  }
}

function valuesOf({ shape, scale, labels }: ArraySpecification, seed: number): Float32Array {
  const next = uniform(seed)
  // Neighbouring seeds begin alike.
  for (let i = 0; i < 32; i++) next()
  const values = new Float32Array(product(shape))
  for (let i = 0; i < values.length; i++)
    values[i] = labels ? Math.floor(scale * next()) : scale * (2 * next() - 1)
  return values
}

/** Writes the arrays of a job as `<name>.f32`, little-endian as every machine of interest is. */
export async function writeInputs(job: Job, folder: string): Promise<void> {
  const arrays =
    job.kind === 'network'
      ? Object.entries(await networkArrays(job))
      : inputsOf(job).map(
          (array, index) => [array.name, valuesOf(array, 0x9e3779b9 ^ (index + 1))] as const,
        )
  await Promise.all(
    arrays.map(([name, { buffer, byteOffset, byteLength }]) =>
      writeFile(join(folder, `${name}.f32`), new Uint8Array(buffer, byteOffset, byteLength)),
    ),
  )
}
