/** Numbers for an explanation: written out on the command line, or in a npy or safetensors file. */
import { type ArrayData, decodeNpy, decodeSafetensors, readBytes, StriateError } from 'striate'

/** Numbers in row-major order; their shape, where a file says it. */
export interface GivenValues {
  readonly data: ArrayLike<number>
  readonly shape?: readonly number[]
}

const op = 'explain'

/**
 * The numbers that an option means: `1,0,-1`, `weights.npy`, `net.safetensors`, or
 * `net.safetensors:conv.weight`. A safetensors file without a name is asked for the first tensor of
 * so many axes.
 *
 * Throws if the file cannot be read, holds no such tensor, or the text is neither numbers nor a file.
 */
export async function readValues(
  option: string,
  given: string,
  rank: number,
): Promise<GivenValues> {
  const numbers = given.split(/[\s,]+/).filter((word) => word !== '')
  if (numbers.length > 0 && numbers.every(isNumber)) return { data: numbers.map(Number) }
  if (/\.npy$/i.test(given)) return decodeNpy(await readBytes(given))
  const parts = /^(.*\.safetensors)(?::(.+))?$/i.exec(given)
  if (parts !== null) {
    const [, file = '', name] = parts
    const { tensors } = decodeSafetensors(await readBytes(file))
    return choose(option, file, tensors, name, rank)
  }
  throw new StriateError({
    op,
    argument: option,
    needs: 'must be numbers joined by commas, or a .npy or .safetensors file',
    got: `'${given}'`,
  })
}

const isNumber = (word: string): boolean => /^[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?$/i.test(word)

function choose(
  option: string,
  file: string,
  tensors: Readonly<Record<string, ArrayData>>,
  name: string | undefined,
  rank: number,
): GivenValues {
  const entries = Object.entries(tensors)
  const found =
    name === undefined
      ? entries.find(([, { shape }]) => shape.length === rank)
      : entries.find(([each]) => each === name)
  if (found !== undefined) return found[1]
  const names = entries.map(([each, { shape }]) => `${each} [${shape.join(', ')}]`)
  throw new StriateError({
    op,
    argument: option,
    needs: name === undefined ? `must hold a tensor of ${rank} axes` : `must hold '${name}'`,
    got: `'${file}' without one`,
    hint: names.length === 0 ? 'it is empty' : `it holds ${names.join(', ')}`,
  })
}
