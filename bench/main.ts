/** npm run bench: Striate beside its peers on Node, shape by shape, in one run. */
import { hold } from './harness/championship.ts'
import { command, prepareLibrary } from './harness/command.ts'
import { chooseNode, nodeCandidates, runtimeOf } from './harness/nodeField.ts'
import { readOptions } from './harness/options.ts'
import { report } from './harness/report.ts'
import { convolutionJobs } from './harness/shapesFile.ts'

await command(async () => {
  const options = readOptions(process.argv.slice(2))
  if (!options) return true
  const jobs = convolutionJobs(options)
  const node = chooseNode(options.node)
  const candidates = await nodeCandidates(node, options)
  await prepareLibrary(options)
  return hold({
    name: 'bench',
    runtime: runtimeOf(node),
    candidates,
    jobs,
    options,
    report: (matches) => report(matches, options),
  })
})
