/** npm run bench:train: a training step of LeNet-5, and how long an epoch of the digits takes at that pace. */
import { hold } from './harness/championship.ts'
import { command, prepareLibrary } from './harness/command.ts'
import type { Match } from './harness/match.ts'
import { chooseNode, nodeCandidates, runtimeOf } from './harness/nodeField.ts'
import { readOptions } from './harness/options.ts'
import { report } from './harness/report.ts'
import { short } from './harness/text.ts'

const batch = 64
/** The training images of MNIST. */
const images = 60_000

function epochs({ entries }: Match): string[] {
  const steps = Math.ceil(images / batch)
  return entries
    .filter(({ median }) => median !== undefined)
    .map(
      ({ contestant, threads, median }) =>
        `${contestant}, ${threads === 1 ? '1 thread' : `${threads} threads`}: ` +
        `an epoch of ${images} images is ${steps} steps, ${short((steps * median!) / 1000)} s`,
    )
}

await command(async () => {
  const options = readOptions(process.argv.slice(2))
  if (!options) return true
  const node = chooseNode(options.node)
  const candidates = await nodeCandidates(node, options)
  await prepareLibrary(options)
  return hold({
    name: 'train',
    runtime: runtimeOf(node),
    candidates,
    jobs: [{ kind: 'lenet5', batch, learningRate: 0.1 }],
    options,
    report: (matches) => [report(matches, options), '', ...matches.flatMap(epochs)].join('\n'),
  })
})
