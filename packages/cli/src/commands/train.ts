/** `striate train`: a network learns digits, shows how it goes, and its weights are saved. */
import { existsSync, statSync } from 'node:fs'
import { mkdir, rm } from 'node:fs/promises'
import { manualSeed, type nn, noteInRun, StriateError, save, setEngine, setThreads } from 'striate'
import type { Answer, Command, Request } from '../command.ts'
import { type DigitNetwork, findDigitNetwork } from '../networks.ts'
import { startProgress } from '../terminal/progress.ts'
import { type DigitData, loadDigits } from '../train/digitData.ts'
import { listenForInterrupt } from '../train/interrupt.ts'
import { finished, opening, stopped, untested } from '../train/report.ts'
import {
  type Places,
  placesOf,
  settingsOf,
  type TrainValues,
  trainOptions,
} from '../train/settings.ts'
import { predict } from '../train/showDigits.ts'
import { learn, type Training, test } from '../train/training.ts'
import { checkWritable } from '../train/writable.ts'

const op = 'train'

export const train: Command<TrainValues> = {
  name: 'train',
  summary: 'Trains a network on digits, tests it on others, and saves its weights as safetensors.',
  arguments: [{ name: 'model', summary: 'the name of a network of digits: lenet5' }],
  options: trainOptions,
  examples: [
    'striate train lenet5 --data drawn',
    'striate train lenet5 --data mnist --epochs 3 --seed 7',
    'striate train lenet5 --optimizer adam --schedule cosine --output mine.safetensors',
    'striate train lenet5 --run runs/first',
  ],
  notes: [
    'Ctrl-C ends the step that runs and writes a checkpoint; the same command with --resume goes on as if it had never stopped. A second Ctrl-C ends at once.',
    'The same seed, data, options and number of threads give the same weights to the last bit.',
  ],
  run: async (request) => work(await prepare(request)),
}

/** Everything that can go wrong before the first step goes wrong here. */
async function prepare(request: Request<TrainValues>): Promise<Training> {
  const { positionals, values } = request
  const network = await findDigitNetwork(op, positionals[0]!)
  const settings = settingsOf(values)
  const places = placesOf(network.name, values)
  setEngine(settings.engine)
  if (settings.threads !== undefined) setThreads(settings.threads)
  manualSeed(settings.seed)
  const net = network.build()
  if (places.run === undefined) await checkPlaces(net, places)
  else checkRun(places.run, places)
  const { data: source, seed, limit } = settings
  const data = await loadDigits({ source, seed, limit })
  checkPictures(network, data)
  if (places.run !== undefined) {
    // Made last, so that a command line that is wrong elsewhere leaves no folder behind.
    await makeFolder(`${places.run}/checkpoints`)
    await checkPlaces(net, places)
  }
  return { request, network, net, settings, places, data }
}

function checkRun(run: string, { resume, checkpoint }: Places): void {
  if (resume !== undefined || !existsSync(`${run}/config.json`)) return
  const hasCheckpoint = existsSync(checkpoint)
  const recorded = statSync(`${run}/metrics.jsonl`, { throwIfNoEntry: false })?.size ?? 0
  // Of one that ended before it recorded anything, nothing is lost.
  if (!hasCheckpoint && recorded === 0) return
  const hint = hasCheckpoint
    ? '--resume goes on with it'
    : 'it ended before its first checkpoint: --resume begins it again'
  const got = 'one that holds a run'
  throw new StriateError({
    op,
    argument: `--run '${run}'`,
    needs: 'must be a new folder',
    got,
    hint,
  })
}

async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true })
  } catch (cause) {
    const got = `error ${(cause as NodeJS.ErrnoException).code}`
    const needs = 'must name a folder that can be made'
    throw new StriateError({ op, argument: `--run '${path}'`, needs, got, cause })
  }
}

/** Weights, and beside them up to two states of the optimizer for each; headers and names besides. */
const bytesPerParameter = { weights: 4, checkpoint: 12 } as const
const bytesOfHeader = 16_384

async function checkPlaces(net: nn.Layer, { weights, checkpoint }: Places): Promise<void> {
  const parameters = net.parameters().reduce((sum, { size }) => sum + size, 0)
  const sizeOf = (kind: keyof typeof bytesPerParameter): number =>
    parameters * bytesPerParameter[kind] + bytesOfHeader
  await checkWritable(op, '--output', weights, sizeOf('weights'))
  await checkWritable(op, '--checkpoint', checkpoint, sizeOf('checkpoint'))
}

function checkPictures({ name, input }: DigitNetwork, { train, test }: DigitData): void {
  const [, height, width] = input
  for (const digits of [train, test]) {
    if (digits.height === height && digits.width === width) continue
    const needs = `must be pictures of ${height} x ${width} for ${name}`
    const got = `${digits.height} x ${digits.width}`
    throw new StriateError({ op, argument: '--data', needs, got })
  }
}

async function work(training: Training): Promise<Answer> {
  const { request, net, network, places, data } = training
  const { terminal, json } = request
  if (!json) terminal.write(`${opening(training)}\n`)
  const progress = startProgress(terminal, { unit: 'images' })
  const interrupt = listenForInterrupt(() =>
    progress.line('Stopping after this step; Ctrl-C again ends at once'),
  )
  const started = performance.now()
  try {
    const history = await learn(training, progress, interrupt.signal)
    const outcome = { history, seconds: (performance.now() - started) / 1000 }
    if (history.interrupted) return stopped(training, outcome)
    await save(net, places.weights)
    if (!places.keepsCheckpoint) await rm(places.checkpoint, { force: true })
    const result = await test(training, progress, interrupt.signal)
    if (result === null) return untested(training, outcome)
    if (places.run !== undefined) await noteInRun(places.run, 'test', { ...result })
    return finished(training, outcome, result, await predict(net, data.test, network.ink))
  } finally {
    progress.end()
    interrupt.release()
  }
}
