/** A TypeScript program of the packages' sources and of the examples beside them. */
import { dirname, join } from 'node:path'
import ts from 'typescript'
import { type Fence, repository } from './fences.ts'

/** The table of contents of each package that examples import from. */
export const tablesOfContents: ReadonlyMap<string, string> = new Map([
  ['striate', join(repository, 'packages/striate/src/index.ts')],
  ['@striate/formats', join(repository, 'packages/formats/src/index.ts')],
])

const settingsFile = join(repository, 'packages/striate/tests/tsconfig.json')

function settings(): ts.CompilerOptions {
  const { config, error } = ts.readConfigFile(settingsFile, ts.sys.readFile)
  if (error) throw new Error(ts.flattenDiagnosticMessageText(error.messageText, '\n'))
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, dirname(settingsFile))
  const { tsBuildInfoFile: _, ...rest } = options
  // A short example may import more than it reads.
  return { ...rest, incremental: false, noUnusedLocals: false, noUnusedParameters: false }
}

/** Where an example of this place in the list stands for the compiler. */
const pathOf = (index: number): string =>
  join(repository, `packages/striate/tests/docs/example${index}.ts`)

export interface Program {
  readonly program: ts.Program
  /** The compiler's objections to the examples, as `file:line: words`. */
  readonly objections: () => string[]
}

/** A package's name means its sources, in examples and between packages. */
export function programOf(fences: readonly Fence[]): Program {
  const options = settings()
  const host = ts.createCompilerHost(options)
  const codes = new Map(fences.map(({ code }, i) => [pathOf(i), `${code}\nexport {}\n`]))
  const { fileExists, readFile } = host
  host.fileExists = (path) => codes.has(path) || fileExists(path)
  host.readFile = (path) => codes.get(path) ?? readFile(path)
  host.resolveModuleNameLiterals = (literals, from, _, __, source) =>
    literals.map((literal) => {
      const resolvedFileName = tablesOfContents.get(literal.text)
      if (resolvedFileName !== undefined)
        return { resolvedModule: { resolvedFileName, extension: ts.Extension.Ts } }
      const mode = ts.getModeForUsageLocation(source, literal, options)
      return ts.resolveModuleName(literal.text, from, options, host, undefined, undefined, mode)
    })
  const program = ts.createProgram([...tablesOfContents.values(), ...codes.keys()], options, host)
  const objections = (): string[] =>
    fences.flatMap(({ file, line }, i) => {
      const source = program.getSourceFile(pathOf(i))!
      const found = [
        ...program.getSyntacticDiagnostics(source),
        ...program.getSemanticDiagnostics(source),
      ]
      return found.map(({ start, messageText }) => {
        const at = line + ts.getLineAndCharacterOfPosition(source, start ?? 0).line
        return `${file}:${at}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`
      })
    })
  return { program, objections }
}
