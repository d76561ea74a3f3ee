/** The functions that the packages export, with what their doc comments show. */
import { relative } from 'node:path'
import ts from 'typescript'
import { fencesOf, repository } from './fences.ts'
import { type Program, tablesOfContents } from './program.ts'

export interface PublicFunction {
  readonly name: string
  /** File from the repository's root, and line from 1. */
  readonly place: string
  readonly file: string
  /** Whether its doc comment holds an example that shows a value. */
  readonly hasExample: boolean
  /** Names that its doc comment links to. */
  readonly links: readonly string[]
}

const commentOf = (declaration: ts.Declaration): string =>
  ts
    .getJSDocCommentsAndTags(declaration)
    .map((part) => part.getFullText())
    .join('\n')

/** Every function, wherever it stands in a table of contents; `nn.linear` for one in a namespace. */
export function publicFunctions({ program }: Program): PublicFunction[] {
  const checker = program.getTypeChecker()
  const found: PublicFunction[] = []
  const visit = (module: ts.Symbol, prefix: string): void => {
    for (const exported of checker.getExportsOfModule(module)) {
      const isAlias = (exported.flags & ts.SymbolFlags.Alias) !== 0
      const symbol = isAlias ? checker.getAliasedSymbol(exported) : exported
      const name = `${prefix}${exported.name}`
      if (symbol.flags & ts.SymbolFlags.ValueModule) visit(symbol, `${name}.`)
      const declaration = symbol.valueDeclaration
      if (!declaration || ts.isSourceFile(declaration)) continue
      const type = checker.getTypeOfSymbol(symbol)
      if (checker.getSignaturesOfType(type, ts.SignatureKind.Call).length === 0) continue
      const source = declaration.getSourceFile()
      const file = relative(repository, source.fileName)
      const line = ts.getLineAndCharacterOfPosition(source, declaration.getStart()).line + 1
      const comment = (symbol.declarations ?? []).map(commentOf).join('\n')
      found.push({
        name,
        place: `${file}:${line}`,
        file,
        hasExample: fencesOf(file, comment).some(({ code }) => code.includes('// =>')),
        links: [...comment.matchAll(/\{@link ([\w.]+)/g)].map(([, link]) => link!),
      })
    }
  }
  for (const table of tablesOfContents.values()) {
    const root = checker.getSymbolAtLocation(program.getSourceFile(table)!)
    if (!root) throw new Error(`${table} exports nothing`)
    visit(root, '')
  }
  return found
}
