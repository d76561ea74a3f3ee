/** Counts test cases by operator and prints the table: a case counts as failed until it has passed. */
interface Count {
  passed: number
  failed: number
  unsupported: number
}

export class OperatorTally {
  readonly #title: string
  readonly #counts = new Map<string, Count>()

  constructor(title: string) {
    this.#title = title
  }

  #each(operators: readonly string[], change: (count: Count) => void): void {
    for (const name of new Set(operators)) {
      const count = this.#counts.get(name) ?? { passed: 0, failed: 0, unsupported: 0 }
      change(count)
      this.#counts.set(name, count)
    }
  }

  begin(operators: readonly string[]): void {
    this.#each(operators, (count) => count.failed++)
  }

  passed(operators: readonly string[]): void {
    this.#each(operators, (count) => {
      count.failed--
      count.passed++
    })
  }

  unsupported(operators: readonly string[]): void {
    this.#each(operators, (count) => count.unsupported++)
  }

  print(): void {
    const rows = [...this.#counts].sort(([a], [b]) => (a < b ? -1 : 1))
    const total = { passed: 0, failed: 0, unsupported: 0 }
    for (const [, count] of rows)
      for (const key of ['passed', 'failed', 'unsupported'] as const) total[key] += count[key]
    const line = (name: string, { passed, unsupported, failed }: Count): string =>
      `  ${name.padEnd(28)} ${[passed, unsupported, failed].map((n) => String(n).padStart(6)).join(' ')}`
    process.stdout.write(
      [
        `${this.#title}, cases by operator: passed, unsupported, failed`,
        ...rows.map(([name, count]) => line(name, count)),
        line('(a case counts for each)', total),
        '',
      ].join('\n'),
    )
  }
}
