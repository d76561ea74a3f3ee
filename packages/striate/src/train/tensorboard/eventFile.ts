/** Files that TensorBoard reads: scalars, histograms and pictures over steps, appended as they come. */
import { describe, fail } from '../../errors.ts'
import { codeOf, explained, nodeFiles } from '../../formats/files.ts'
import { rejectUnknown } from '../../options.ts'
import {
  histogramEvent,
  imageEvent,
  type Moment,
  restartEvent,
  scalarEvent,
  versionEvent,
} from './event.ts'
import { encodePng, type Picture } from './png.ts'
import { join } from './protobuf.ts'
import { frameRecord } from './record.ts'

export interface EventFileOptions {
  /** Goes on from this step: TensorBoard forgets what earlier files of the folder say of later ones. */
  readonly after?: number
}

/** A file of TensorBoard's, open for appending. */
export interface EventFile {
  readonly path: string
  /** A number at a step, under a name: `train/loss`. */
  scalar(tag: string, value: number, step: number): Promise<void>
  /** Several numbers at a step, in one write. */
  scalars(values: Readonly<Record<string, number>>, step: number): Promise<void>
  /** How values are spread. */
  histogram(tag: string, values: ArrayLike<number>, step: number): Promise<void>
  image(tag: string, picture: Picture, step: number): Promise<void>
  close(): Promise<void>
}

const op = 'eventFile'
const buckets = 30

/**
 * Begins a file of TensorBoard's in a folder, which is made if it is missing. Every record has its
 * checksums and is appended whole, so that what was written survives the end of the program. Node only.
 *
 * @throws StriateError if the folder cannot be written.
 * @example
 * ```ts
 * import { eventFile } from 'striate'
 * const events = await eventFile('runs/first')
 * for (const [step, loss] of [2.3, 1.1, 0.6].entries()) await events.scalar('loss', loss, step)
 * await events.close()
 * events.path.startsWith('runs/first/events.out.tfevents.') // => true
 * ```
 */
export async function eventFile(
  folder: string,
  options: EventFileOptions = {},
): Promise<EventFile> {
  rejectUnknown(op, options, ['after'])
  if (typeof folder !== 'string' || folder === '')
    fail({ op, argument: 'folder', needs: 'must name a folder', got: describe(folder) })
  const { mkdir, open } = await nodeFiles(op)
  const created = Math.floor(Date.now() / 1000)
  const { handle, path } = await explained(op, `'${folder}'`, async () => {
    await mkdir(folder, { recursive: true })
    // Two files may begin within a second.
    for (let number = 0; ; number++) {
      const name = `events.out.tfevents.${String(created).padStart(10, '0')}.striate.${number}`
      const file = `${folder}/${name}`
      try {
        return { handle: await open(file, 'ax'), path: file }
      } catch (error) {
        if (codeOf(error) !== 'EEXIST') throw error
      }
    }
  })
  const append = (...events: readonly Uint8Array[]): Promise<void> =>
    explained(op, `'${path}'`, () => handle.appendFile(join(events.map(frameRecord))))
  const at = (step: number): Moment => ({ step: checkStep(step), seconds: Date.now() / 1000 })
  const { after } = options
  const restart = after === undefined ? [] : [restartEvent(at(after + 1))]
  await append(versionEvent(Date.now() / 1000), ...restart)
  return {
    path,
    scalar: (tag, value, step) => append(scalarEvent(at(step), tag, value)),
    scalars: (values, step) =>
      append(...Object.entries(values).map(([tag, value]) => scalarEvent(at(step), tag, value))),
    async histogram(tag, values, step) {
      if (values.length === 0)
        fail({ op, argument: `histogram '${tag}'`, needs: 'must have values', got: 'none' })
      await append(histogramEvent(at(step), tag, values, buckets))
    },
    async image(tag, picture, step) {
      checkPicture(tag, picture)
      await append(imageEvent(at(step), tag, picture, encodePng(picture)))
    },
    close: () => handle.close(),
  }
}

function checkStep(step: number): number {
  if (Number.isSafeInteger(step) && step >= 0) return step
  const needs = 'must be a whole number of at least 0'
  return fail({ op, argument: 'step', needs, got: describe(step) })
}

function checkPicture(tag: string, { height, width, channels, data }: Picture): void {
  const argument = `image '${tag}'`
  const isCount = (value: number): boolean => Number.isSafeInteger(value) && value >= 1
  const fits = isCount(height) && isCount(width) && [1, 2, 3, 4].includes(channels)
  if (!fits) {
    const needs = 'must have a height, a width and 1 to 4 channels'
    fail({ op, argument, needs, got: `${height} x ${width} of ${channels}` })
  }
  const isBytes = data instanceof Uint8Array || data instanceof Uint8ClampedArray
  if (isBytes && data.length === height * width * channels) return
  const needs = `must hold ${height * width * channels} bytes`
  fail({ op, argument, needs, got: describe(data) })
}
