/** The formats that are converted, told by the ending of a file's name. */
import { misused } from '../misuse.ts'

/** Formats of tensors by name. */
export type WeightFormat = 'safetensors' | 'npz' | 'npy' | 'idx' | 'keras-weights'
/** And those of networks, with their layers. */
export type Format = WeightFormat | 'onnx' | 'keras' | 'tfjs'

const weightFormats: readonly Format[] = ['safetensors', 'npz', 'npy', 'idx', 'keras-weights']
export const formats: readonly Format[] = [...weightFormats, 'onnx', 'keras', 'tfjs']

const endings: readonly (readonly [ending: RegExp, format: Format])[] = [
  [/\.safetensors(\.index\.json)?$/i, 'safetensors'],
  [/\.npz$/i, 'npz'],
  [/\.npy$/i, 'npy'],
  [/idx\d-ubyte(\.gz)?$|\.idx$/i, 'idx'],
  [/\.onnx$/i, 'onnx'],
  [/\.weights\.h5$/i, 'keras-weights'],
  [/\.(keras|h5|hdf5)$/i, 'keras'],
  [/\.json$/i, 'tfjs'],
]

/** The format of a file by its name; throws where the name does not tell, naming the option that does. */
export async function formatOf(
  path: string,
  subject: '<from>' | '<to>',
  told: Format | undefined,
): Promise<Format> {
  const found = told ?? endings.find(([ending]) => ending.test(path))?.[1]
  if (found !== undefined) return found
  const option = subject === '<from>' ? '--from' : '--to'
  return misused({
    op: 'convert',
    subject,
    needs: `must end as ${formats.join(', ')} files do`,
    got: `'${path}'`,
    hint: `${option} tells the format`,
  })
}

export const isWeightFormat = (format: Format): format is WeightFormat =>
  weightFormats.includes(format)
