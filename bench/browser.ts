/** npm run bench:browser: Striate beside ONNX Runtime Web and TensorFlow.js in Chromium. */
import { tmpdir } from 'node:os'
import { browserCandidates, openBrowser } from './harness/browserField.ts'
import { hold } from './harness/championship.ts'
import { command, prepareLibrary } from './harness/command.ts'
import { readOptions } from './harness/options.ts'
import { report } from './harness/report.ts'
import { convolutionJobs } from './harness/shapesFile.ts'

await command(async () => {
  const options = readOptions(process.argv.slice(2))
  if (!options) return true
  const jobs = convolutionJobs(options)
  await prepareLibrary(options)
  const field = await openBrowser(options)
  try {
    return await hold({
      name: 'browser',
      runtime: field.runtime,
      candidates: browserCandidates(field, options),
      jobs,
      options,
      addressOf: (folder) => folder.replace(tmpdir(), field.dataAddress),
      report: (matches) => report(matches, options),
    })
  } finally {
    await field.close()
  }
})
