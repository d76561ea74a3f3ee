/** npm run bench:networks: whole networks beside ONNX Runtime, and training steps beside PyTorch. */
import { hold } from './harness/championship.ts'
import { command, prepareLibrary } from './harness/command.ts'
import { type Job, nameOf } from './harness/job.ts'
import { networkJobs } from './harness/networkData.ts'
import { usualNetworks } from './harness/networks.ts'
import { chooseNode, nodeCandidates, runtimeOf } from './harness/nodeField.ts'
import { readOptions } from './harness/options.ts'
import { report } from './harness/report.ts'

async function allJobs(zoo: boolean): Promise<Job[]> {
  return [
    ...(await networkJobs(zoo ? 'all' : usualNetworks)),
    { kind: 'lenet5', batch: 64, learningRate: 0.1 },
    { kind: 'resnet20', batch: 32, learningRate: 0.02 },
  ]
}

await command(async () => {
  const options = readOptions(process.argv.slice(2))
  if (!options) return true
  const node = chooseNode(options.node)
  const candidates = await nodeCandidates(node, options)
  // The library makes the networks, their weights and their ONNX files, whichever build is measured.
  await prepareLibrary({ ...options, libraries: [] })
  const { shapes, kinds } = options
  const jobs = (await allJobs(options.zoo)).filter((job) => {
    const isAsked = shapes.length === 0 || shapes.some((each) => nameOf(job).includes(each))
    return isAsked && kinds.includes(job.kind === 'network' ? 'forward' : 'training')
  })
  return hold({
    name: 'networks',
    runtime: runtimeOf(node),
    candidates,
    jobs,
    options,
    report: (matches) => report(matches, options),
  })
})
