/** What files hold: table of contents. */
export type { FileFacts, FileFormat, NetworkFacts, PortFacts, TensorFacts } from './facts.ts'
export { inspectFile } from './inspectFile.ts'
