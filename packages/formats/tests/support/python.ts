/** Runs generated programs with the Python that STRIATE_PYTHON names, or python3, where it has the library. */
import { execFile, execFileSync } from 'node:child_process'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { encodeNetwork, type nn, RandomStream, type Tensor, tensor } from 'striate'

const runFile = promisify(execFile)

/** A Python that has a library, and what runs programs in it. */
export interface PythonPlace {
  /** Null where there is none. */
  readonly python: string | null
  readonly module: string
  /** The variable that names a Python. */
  readonly variable: string
  /** The script that runs programs, beside this file. */
  readonly runner: string
}

/** Asks the Python that the variable names, or python3, for a library. */
export function findPython(wanted: Omit<PythonPlace, 'python'>): PythonPlace {
  const python = process.env[wanted.variable] ?? 'python3'
  try {
    const asked = ['-c', `import ${wanted.module}`]
    execFileSync(python, asked, { stdio: 'ignore', timeout: 120_000 })
    return { ...wanted, python }
  } catch {
    return { ...wanted, python: null }
  }
}

/** A network with an input, and the program that shall compute the same. */
export interface ProgramCase {
  readonly name: string
  readonly network: nn.Layer
  readonly x: Tensor
  readonly source: string
  /** The function of the program that makes the network. */
  readonly maker: string
  readonly channelsLast: boolean
}

export interface ProgramResult {
  readonly name: string
  readonly expected: Float32Array
  readonly shape: readonly number[]
  readonly found: Float32Array
  readonly foundShape: readonly number[]
}

/** Values for all states that let nothing vanish and nothing grow: weights by their fans, positive variances. */
export function fillStates(network: nn.Layer, seed: number): void {
  const dict = Object.entries(network.stateDict()).map(([name, value], index) => {
    const random = new RandomStream(seed).split(String(index))
    const values = new Float32Array(value.size)
    random.fillNormal(values)
    const isVariance = name.endsWith('running_var')
    const fan = Math.max(1, value.size / (value.shape[0] ?? 1))
    const scale = value.rank > 1 ? Math.sqrt(2 / fan) : 0.2
    const isWeight = value.rank === 1 && name.endsWith('weight')
    const shift = isWeight ? 1 : 0
    const next = values.map((each) => (isVariance ? 0.5 + each * each : shift + each * scale))
    return [name, tensor(next, value.shape)] as const
  })
  network.loadStateDict(Object.fromEntries(dict))
}

/** The largest difference, in parts of the largest value. */
export function difference({ expected, found }: ProgramResult): number {
  const largest = expected.reduce((most, each) => Math.max(most, Math.abs(each)), 1e-30)
  return expected.reduce((most, each, i) => Math.max(most, Math.abs(each - found[i]!)), 0) / largest
}

/** Runs all programs in one Python. */
export async function runPrograms(
  { python, runner }: PythonPlace,
  cases: readonly ProgramCase[],
): Promise<ProgramResult[]> {
  const place = await mkdtemp(join(tmpdir(), 'striate-source-'))
  try {
    const expected = new Map<string, Tensor>()
    const folders: string[] = []
    for (const { name, network, x, source, maker, channelsLast } of cases) {
      const folder = join(place, name.replaceAll(/\W+/g, '_'))
      await mkdir(folder)
      const weights = await encodeNetwork(network)
      const values = await x.data()
      const dtype = x.dtype === 'int32' ? 'I32' : 'F32'
      await writeFile(join(folder, 'network.py'), source)
      await writeFile(join(folder, 'weights.safetensors'), weights)
      await writeFile(join(folder, 'input.bin'), new Uint8Array(values.buffer))
      await writeFile(
        join(folder, 'facts.json'),
        JSON.stringify({ maker, dtype, shape: x.shape, channelsLast }),
      )
      const y = network.eval().forward(x).detach()
      await y.data()
      expected.set(folder, y)
      folders.push(folder)
    }
    const script = fileURLToPath(new URL(runner, import.meta.url))
    const { stdout } = await runFile(python!, [script, ...folders], {
      maxBuffer: 1 << 26,
      env: { ...process.env, PYTHONWARNINGS: 'ignore' },
    })
    const lines = stdout.split('\n').filter((line) => line.startsWith('{'))
    return await Promise.all(
      lines.map(async (line, index): Promise<ProgramResult> => {
        const { folder, shape, error } = JSON.parse(line) as {
          folder: string
          shape: number[]
          error?: string
        }
        const { name } = cases[index]!
        if (error !== undefined) throw new Error(`${name}: ${error}`)
        const bytes = await readFile(join(folder, 'output.bin'))
        const y = expected.get(folder)!
        return {
          name,
          expected: Float32Array.from(await y.data()),
          shape: y.shape,
          found: new Float32Array(
            bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength),
          ),
          foundShape: shape,
        }
      }),
    )
  } finally {
    await rm(place, { recursive: true, force: true })
  }
}
