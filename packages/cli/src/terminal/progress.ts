/** A progress bar on a live terminal; a plain line every few seconds where lines are kept. */
import { columnsOf } from './colour.ts'
import type { Terminal } from './terminal.ts'
import { count, duration } from './wording.ts'

/** Where the work stands. */
export interface Standing {
  /** The part of the work that runs now, such as `epoch 2/3`. */
  readonly label: string
  /** Of this part. */
  readonly done: number
  readonly total: number
  /** Of the work that follows this part. */
  readonly later?: number
  /** What is worth knowing besides. */
  readonly figures?: readonly string[]
}

export interface ProgressOptions {
  /** What is counted, in the plural: `images`. */
  readonly unit: string
  /** Milliseconds; the clock of the process unless told. */
  readonly now?: () => number
}

export interface Progress {
  readonly update: (standing: Standing) => void
  /** A line that stays, above the bar. */
  readonly line: (text: string) => void
  /** Takes the bar away and gives the terminal back as it was. */
  readonly end: () => void
}

const frameMilliseconds = 80
const lineMilliseconds = 5000
/** The rate forgets: after this many seconds an old measurement weighs 1/e. */
const rateMemory = 4
const [fewestCells, mostCells] = [8, 40]
const freeColumns = 3

const hideCursor = '\u001b[?25l'
const showCursor = '\u001b[?25h'
const clearToEnd = '\u001b[K'

/** Starts a progress display; nothing is shown before the first update. */
export function startProgress(terminal: Terminal, options: ProgressOptions): Progress {
  const { unit, now = () => performance.now() } = options
  const rate = measureRate(now)
  let shownAt = Number.NEGATIVE_INFINITY
  let bar = ''
  let isOpen = false

  const open = (): void => {
    if (isOpen) return
    isOpen = true
    if (!terminal.live) shownAt = now()
    else {
      terminal.write(hideCursor)
      process.once('exit', restore)
    }
  }
  const restore = (): void => terminal.write(showCursor)

  return {
    update: (standing) => {
      open()
      const perSecond = rate.measure(standing)
      const wait = terminal.live ? frameMilliseconds : lineMilliseconds
      if (now() - shownAt < wait) return
      shownAt = now()
      const facts = factsOf(standing, perSecond, unit)
      if (terminal.live) {
        bar = drawBar(terminal, facts, standing.done / Math.max(standing.total, 1))
        terminal.write(`\r${bar}${clearToEnd}`)
      } else terminal.write(`${plainLine(facts)}\n`)
    },
    line: (text) => {
      if (terminal.live && bar !== '') terminal.write(`\r${clearToEnd}${text}\n${bar}${clearToEnd}`)
      else terminal.write(`${text}\n`)
      if (!terminal.live) shownAt = now()
    },
    end: () => {
      if (!isOpen) return
      isOpen = false
      if (!terminal.live) return
      terminal.write(`\r${clearToEnd}${showCursor}`)
      bar = ''
      process.off('exit', restore)
    },
  }
}

/** Units per second, a decaying mean over the intervals between updates of one part. */
function measureRate(now: () => number): { measure: (standing: Standing) => number } {
  let label: string | undefined
  let before = { done: 0, at: 0 }
  let amount = 0
  let seconds = 0
  return {
    measure: (standing) => {
      const at = now()
      if (standing.label === label && standing.done >= before.done) {
        const passed = (at - before.at) / 1000
        const kept = Math.exp(-passed / rateMemory)
        amount = amount * kept + (standing.done - before.done)
        seconds = seconds * kept + passed
      }
      label = standing.label
      before = { done: standing.done, at }
      return seconds > 0 ? amount / seconds : Number.NaN
    },
  }
}

/** The facts of a standing: where it is, what is worth knowing, how long it takes, how fast it goes. */
interface Facts {
  readonly label: string
  readonly share: string
  readonly figures: readonly string[]
  readonly left: string
  /** In full, and as short as it can be. */
  readonly rates: readonly string[]
}

function factsOf(standing: Standing, perSecond: number, unit: string): Facts {
  const { label, done, total, later = 0, figures = [] } = standing
  const left = (total - done + later) / perSecond
  const isKnown = Number.isFinite(left)
  return {
    label,
    share: `${String(Math.floor((100 * done) / Math.max(total, 1))).padStart(3)} %`,
    figures,
    left: isKnown ? `${duration(left)} left` : '',
    rates: isKnown ? [`${count(perSecond)} ${unit}/s`, `${count(perSecond)}/s`] : [''],
  }
}

const gap = '  '
const joined = (parts: readonly string[]): string => parts.filter((part) => part !== '').join(gap)

function plainLine({ label, share, figures, left, rates }: Facts): string {
  return joined([label, share, ...figures, left, rates[0] ?? ''])
}

function drawBar(terminal: Terminal, facts: Facts, part: number): string {
  const { paint } = terminal
  const { label, share, figures, left, rates } = facts
  // The fullest wording that leaves room for a bar; figures go last, since they are what is watched.
  const wordings = [
    ...rates.map((rate) => [share, ...figures, left, rate]),
    [share, ...figures, left],
    [share, ...figures],
    [share],
  ].map(joined)
  // Columns stay free for the ^C that a terminal writes there: a line that wraps cannot be redrawn.
  const room = (wording: string): number =>
    terminal.width() - freeColumns - columnsOf(label) - columnsOf(wording) - 2 * gap.length
  const wording = wordings.find((each) => room(each) >= fewestCells) ?? share
  const cells = Math.min(Math.max(room(wording), 0), mostCells)
  const filled = Math.round(cells * part)
  const bar = paint.accent('━'.repeat(filled)) + paint.faint('─'.repeat(cells - filled))
  return [paint.strong(label), bar, wording].join(gap)
}
