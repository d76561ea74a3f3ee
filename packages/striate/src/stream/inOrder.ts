/** Runs asynchronous tasks one after the other, in the order in which they were asked for. */
export class InOrder {
  #last: Promise<unknown> = Promise.resolve()

  /** A task that fails holds up none of those behind it. */
  run<Result>(task: () => Promise<Result>): Promise<Result> {
    const done = this.#last.then(task)
    this.#last = done.catch(() => undefined)
    return done
  }
}
