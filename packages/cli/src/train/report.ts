/** What a training has to say: before it begins, when it is done, and when it was stopped. */
import { existsSync } from 'node:fs'
import { dirname } from 'node:path'
import { kebab } from '../arguments.ts'
import type { Answer } from '../command.ts'
import { commandLine } from '../invocation.ts'
import { count, duration, percent, plural, wrap } from '../terminal/wording.ts'
import { interruptedStatus } from './interrupt.ts'
import { ownCheckpoint } from './settings.ts'
import { type Prediction, showDigits } from './showDigits.ts'
import type { TestResult, TrainHistory, Training } from './training.ts'

/** The summary of the network, and what will be done. */
export function opening({ request, network, net, settings, places, data }: Training): string {
  const { paint, width } = request.terminal
  const source = settings.data === 'drawn' ? 'drawn digits' : `digits of ${settings.data}`
  const plan =
    `${paint.strong('Training')} on ${count(data.train.length)} ${source}, ` +
    `test on ${count(data.test.length)} others: ` +
    `${settings.optimizer}, learning rate ${settings.learningRate} (${settings.schedule}), ` +
    `batches of ${settings.batchSize}, seed ${settings.seed}, engine ${settings.engine}`
  const older = `${places.checkpoint} of an earlier training will be replaced; --resume goes on from it`
  const notes =
    places.resume !== undefined
      ? [`Going on from ${places.resume}`]
      : existsSync(places.checkpoint)
        ? wrap(older, width() - 1).map(paint.faint)
        : []
  const summary = net.summary(network.input).toString(width())
  return [summary, '', ...wrap(plan, width() - 1), ...notes].join('\n')
}

/** How it went, in the end. */
export interface Outcome {
  readonly history: TrainHistory
  /** Of the training itself. */
  readonly seconds: number
}

/** The answer of a training that came to its end. */
export function finished(
  training: Training,
  outcome: Outcome,
  result: TestResult,
  predictions: readonly Prediction[],
): Answer {
  const { request, places, data } = training
  const { paint, width } = request.terminal
  const { weights, checkpoint, keepsCheckpoint } = places
  const verdict =
    `${paint.strong('Test accuracy')} ${paint.good(percent(result.accuracy))} ` +
    `on ${plural(data.test.length, 'digit')} that it never saw (loss ${result.loss.toFixed(4)}); ` +
    `trained in ${duration(outcome.seconds)}`
  return {
    document: documentOf(training, outcome, {
      interrupted: false,
      test: result,
      weights,
      checkpoint: keepsCheckpoint ? checkpoint : null,
    }),
    text: () =>
      [
        ...wrap(verdict, width() - 1),
        '',
        ...showDigits(data.test, predictions, request.terminal),
        '',
        `${paint.strong('Saved')} ${weights}`,
        ...(places.run === undefined ? [] : [`${paint.strong('Recorded')} ${places.run}`]),
        '',
        paint.strong('Try next'),
        ...proposals(training).map((words) => `  ${paint.accent(commandLine(words))}`),
      ].join('\n'),
  }
}

/** The answer of a training that was stopped on its way. */
export function stopped(training: Training, outcome: Outcome): Answer {
  const { request, places } = training
  const { paint, width } = request.terminal
  const { checkpoint } = places
  const steps = plural(outcome.history.steps, 'step')
  const news = `${paint.strong('Stopped')} after ${steps}; the checkpoint is ${checkpoint}`
  return {
    status: interruptedStatus,
    document: documentOf(training, outcome, {
      interrupted: true,
      test: null,
      weights: null,
      checkpoint,
    }),
    text: () =>
      [
        ...wrap(news, width() - 1),
        '',
        paint.strong('Go on, as if never stopped'),
        `  ${paint.accent(commandLine(resumeWords(training)))}`,
      ].join('\n'),
  }
}

/** The answer of a training that was stopped when only the test was left. */
export function untested(training: Training, outcome: Outcome): Answer {
  const { request, places } = training
  const { weights, checkpoint, keepsCheckpoint } = places
  return {
    status: interruptedStatus,
    document: documentOf(training, outcome, {
      interrupted: true,
      test: null,
      weights,
      checkpoint: keepsCheckpoint ? checkpoint : null,
    }),
    text: () =>
      `${request.terminal.paint.strong('Stopped')} before the test; the weights are ${weights}`,
  }
}

/** Where a training left off, and what it left. */
interface Left {
  readonly interrupted: boolean
  readonly test: TestResult | null
  readonly weights: string | null
  readonly checkpoint: string | null
}

function documentOf(training: Training, outcome: Outcome, left: Left): Record<string, unknown> {
  const { network, net, settings, data, places } = training
  const { data: source, limit, ...rest } = settings
  return {
    model: network.name,
    parameters: net.parameters().reduce((sum, { size }) => sum + size, 0),
    data: { source, train: data.train.length, test: data.test.length },
    settings: { ...rest, limit: limit ?? null },
    epochs: outcome.history.epochs,
    steps: outcome.history.steps,
    seconds: outcome.seconds,
    run: places.run ?? null,
    ...left,
  }
}

/** The words of this command line, with `--resume`. */
function resumeWords({ request: { positionals, values } }: Training): string[] {
  const { resume, ...others } = values
  const given = Object.entries(others).filter(([, value]) => typeof value !== 'boolean')
  const options = given.flatMap(([key, value]) => [`--${kebab(key)}`, String(value)])
  const from = resume === undefined || resume === ownCheckpoint ? [] : [resume]
  return ['train', ...positionals, ...options, '--resume', ...from]
}

function proposals({ network, settings, places }: Training): string[][] {
  const { name, input } = network
  const kernels = `${places.weights}:0.weight`
  return [
    ...(places.run === undefined ? [] : [['runs', dirname(places.run)]]),
    ['explain', 'conv2d', '--input', input.join('x'), '--padding', 'same', '--weights', kernels],
    ['explain', 'conv2d', '--input', '3x5x5', '--kernel', '3', '--stride', '2', '--padding', '1'],
    settings.data === 'drawn'
      ? ['train', name, '--optimizer', 'sgd', '--epochs', '5', '--seed', String(settings.seed + 1)]
      : ['train', name, '--data', 'drawn', '--output', 'drawn.safetensors'],
  ]
}
