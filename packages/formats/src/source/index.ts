/** Networks as programs for other libraries: table of contents. */
export { type ExportSourceOptions, exportSource, type SourceTarget } from './exportSource.ts'
