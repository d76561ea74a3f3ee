/** Where digits come from: drawn by the library, or MNIST's four files in a folder. */
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { decodeIdx, drawDigits, readMaybeGzip, StriateError } from 'striate'

/** Pictures of digits and what they show. */
export interface Digits {
  /** [length, height, width], row by row; 0 is paper, 255 is ink. */
  readonly images: Uint8Array
  readonly labels: Uint8Array
  readonly length: number
  readonly height: number
  readonly width: number
}

export interface DigitData {
  readonly train: Digits
  readonly test: Digits
}

export interface DigitRequest {
  /** `drawn`, or a folder. */
  readonly source: string
  readonly seed: number
  /** At most so many pictures for training, and for the test. */
  readonly limit: number | undefined
}

const op = 'train'
const argument = '--data'
const drawnCounts = { train: 12_000, test: 2_000 } as const
/** The test's digits are drawn from another seed, so that no picture is in both. */
const testSeedOffset = 1
const classes = 10

/** The digits for training and for the test. Throws if the folder or one of its files is not as it must be. */
export async function loadDigits({ source, seed, limit }: DigitRequest): Promise<DigitData> {
  const most = limit ?? Number.POSITIVE_INFINITY
  if (source === 'drawn') {
    const draw = (count: number, own: number): Digits => {
      const { images, labels, height, width } = drawDigits({ count, seed: own })
      return { images, labels, length: count, height, width }
    }
    return {
      train: draw(Math.min(drawnCounts.train, most), seed),
      test: draw(Math.min(drawnCounts.test, most), seed + testSeedOffset),
    }
  }
  if (!(await isFolder(source))) {
    throw new StriateError({
      op,
      argument,
      needs: "must be 'drawn' or a folder with the four files of MNIST",
      got: `'${source}'`,
      hint: 'the files are train-images-idx3-ubyte.gz and its three companions',
    })
  }
  const train = await readDigits(source, 'train')
  const test = await readDigits(source, 't10k')
  return { train: first(train, most), test: first(test, most) }
}

const isFolder = (path: string): Promise<boolean> =>
  stat(path).then(
    (status) => status.isDirectory(),
    () => false,
  )

async function readDigits(folder: string, part: 'train' | 't10k'): Promise<Digits> {
  const imageFile = await findFile(folder, `${part}-images`, 'idx3-ubyte')
  const labelFile = await findFile(folder, `${part}-labels`, 'idx1-ubyte')
  const images = await readArray(imageFile, 3, '[pictures, height, width]')
  const labels = await readArray(labelFile, 1, '[pictures]')
  const [length = 0, height = 0, width = 0] = images.shape
  if (labels.shape[0] !== length) {
    const needs = `must have a label for each of ${length} pictures`
    throw new StriateError({ op, argument: labelFile, needs, got: `${labels.shape[0]}` })
  }
  if (length === 0)
    throw new StriateError({ op, argument: imageFile, needs: 'must have pictures', got: '0' })
  const wrong = labels.data.findIndex((label) => label >= classes)
  if (wrong >= 0) {
    const got = `${labels.data[wrong]} at ${wrong}`
    throw new StriateError({ op, argument: labelFile, needs: 'must have labels 0 to 9', got })
  }
  return { images: images.data, labels: labels.data, length, height, width }
}

/** The name with a hyphen or a dot before the ending, gzipped or not: all four are in use. */
async function findFile(folder: string, name: string, ending: string): Promise<string> {
  for (const joint of ['-', '.']) {
    for (const packed of ['.gz', '']) {
      const path = join(folder, `${name}${joint}${ending}${packed}`)
      const found = await stat(path).catch(() => undefined)
      if (found?.isFile()) return path
    }
  }
  throw new StriateError({
    op,
    argument,
    needs: `must hold ${name}-${ending}.gz`,
    got: `'${folder}' without it`,
  })
}

async function readArray(
  file: string,
  rank: number,
  form: string,
): Promise<{ shape: number[]; data: Uint8Array }> {
  const { shape, data } = decodeIdx(await readMaybeGzip(file))
  if (data instanceof Uint8Array && shape.length === rank) return { shape, data }
  const got = `${data.constructor.name} of shape [${shape.join(', ')}]`
  throw new StriateError({ op, argument: file, needs: `must be bytes of shape ${form}`, got })
}

function first(digits: Digits, most: number): Digits {
  const { images, labels, height, width } = digits
  const length = Math.min(digits.length, most)
  return {
    images: images.subarray(0, length * height * width),
    labels: labels.subarray(0, length),
    length,
    height,
    width,
  }
}
