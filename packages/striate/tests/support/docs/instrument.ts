/** Turns each `expression // => value` of an example into a comparison. */
import ts from 'typescript'

/** Where the comparison that an example calls is kept while the example runs. */
export const compareName = 'striateDocsCompare'

/** What an instrumented example calls: the line from 1, the value found, and the one that is shown. */
export type Compare = (line: number, actual: unknown, expected: () => unknown) => Promise<void>

interface Claim {
  readonly line: number
  /** Where the comment begins, and where the last line of the value ends. */
  readonly start: number
  readonly end: number
  readonly value: string
}

const isExpression = (text: string): boolean => {
  const { diagnostics } = ts.transpileModule(`void (\n${text}\n)`, { reportDiagnostics: true })
  return diagnostics!.length === 0
}

/** The comments `// => value`; a value may go on over comment lines until it is complete. */
function claimsOf(code: string): Claim[] {
  const claims: Claim[] = []
  const marker = /\/\/ =>(.*)$/gm
  for (let found = marker.exec(code); found; found = marker.exec(code)) {
    const line = code.slice(0, found.index).split('\n').length
    let value = found[1]!
    let end = found.index + found[0].length
    while (!isExpression(value)) {
      const next = /^\n[ \t]*\/\/(?! =>)(.*)/.exec(code.slice(end))
      if (!next) throw new Error(`line ${line}: '${value.trim()}' is not an expression`)
      value += `\n${next[1]}`
      end += next[0].length
    }
    claims.push({ line, start: found.index, end, value })
  }
  return claims
}

/** Expressions and declarations that stand as statements, anywhere in the code. */
function statementsOf(code: string): (ts.ExpressionStatement | ts.VariableStatement)[] {
  const source = ts.createSourceFile('example.ts', code, ts.ScriptTarget.ES2023, true)
  const statements: (ts.ExpressionStatement | ts.VariableStatement)[] = []
  const visit = (node: ts.Node): void => {
    if (ts.isExpressionStatement(node) || ts.isVariableStatement(node)) statements.push(node)
    ts.forEachChild(node, visit)
  }
  visit(source)
  return statements
}

/** The name that a declaration gives to its value, which the comparison then reads. */
function declaredName(statement: ts.VariableStatement): string | null {
  const [first, ...more] = statement.declarationList.declarations
  return first && more.length === 0 && ts.isIdentifier(first.name) ? first.name.text : null
}

/**
 * The code with a comparison for each claim, lines unchanged.
 *
 * @throws Error for a claim that follows no expression, or shows something that is none.
 */
export function instrument(code: string): { readonly code: string; readonly claims: number } {
  const claims = claimsOf(code)
  const statements = statementsOf(code)
  let instrumented = code
  for (const { line, start, end, value } of claims.toReversed()) {
    const statement = statements.findLast(
      (each) => each.end <= start && code.slice(each.end, start).trim() === '',
    )
    if (!statement) throw new Error(`line ${line}: '// =>' follows no expression`)
    const [from, to] = [statement.getStart(), statement.end]
    const text = code.slice(from, to).replace(/;$/, '')
    const name = ts.isVariableStatement(statement) ? declaredName(statement) : `(${text}\n)`
    if (name === null) throw new Error(`line ${line}: '// =>' needs a declaration of one name`)
    const before = ts.isVariableStatement(statement) ? `${text};` : ';'
    const lines = (part: string): number => part.split('\n').length - 1
    const check = `${before}await ${compareName}(${line}, ${name}, () => (${value}\n))`
    const missing = lines(code.slice(from, end)) - lines(check)
    const padded = check + '\n'.repeat(Math.max(0, missing))
    instrumented = instrumented.slice(0, from) + padded + instrumented.slice(end)
  }
  return { code: instrumented, claims: claims.length }
}
