/** Runs Keras model files with the Python that has Keras. */
import { execFile } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { type Tensor, tensor } from 'striate'
import type { PythonPlace } from './python.ts'

const runFile = promisify(execFile)

export interface ModelCase {
  readonly path: string
  readonly x: Tensor
}

/** The outputs of all models in one Python, which uses the folder for values. */
export async function runModels(
  { python, runner }: PythonPlace,
  folder: string,
  cases: readonly ModelCase[],
): Promise<Tensor[]> {
  const facts = await Promise.all(
    cases.map(async ({ path, x }, at) => {
      const [input, output] = [join(folder, `${at}.in`), join(folder, `${at}.out`)]
      await writeFile(input, new Uint8Array((await x.data()).buffer))
      return { path, input, output, dtype: x.dtype, shape: x.shape }
    }),
  )
  const list = join(folder, 'models.json')
  await writeFile(list, JSON.stringify(facts))
  const script = fileURLToPath(new URL(runner, import.meta.url))
  const { stdout } = await runFile(python!, [script, list], {
    maxBuffer: 1 << 26,
    env: { ...process.env, PYTHONWARNINGS: 'ignore' },
  })
  const lines = stdout.split('\n').filter((line) => line.startsWith('{'))
  return Promise.all(
    lines.map(async (line, at) => {
      const { shape, error } = JSON.parse(line) as { shape: number[]; error?: string }
      if (error !== undefined) throw new Error(`${facts[at]!.path}: ${error}`)
      const { buffer, byteOffset, byteLength } = await readFile(facts[at]!.output)
      const bytes = buffer.slice(byteOffset, byteOffset + byteLength) as ArrayBuffer
      return tensor(new Float32Array(bytes), shape)
    }),
  )
}
