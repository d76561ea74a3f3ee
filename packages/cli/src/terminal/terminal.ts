/** The place where a command speaks to a human: a live terminal, or a file or pipe that keeps plain lines. */
import { type Paint, paints, wantsColour } from './colour.ts'

export interface Terminal {
  readonly write: (text: string) => void
  readonly paint: Paint
  readonly coloured: boolean
  /** Whether lines can be drawn over; false for pipes, files and dumb terminals. */
  readonly live: boolean
  /** Columns at this moment: a window can change. */
  readonly width: () => number
}

/** The part of a Node stream that is asked. */
export interface Output {
  readonly isTTY?: boolean
  readonly columns?: number
  write(text: string): boolean
}

const columnsOfPipe = 100
const fewestColumns = 40

/** A terminal on a stream, as the environment wants it. */
export function openTerminal(
  stream: Output,
  environment: Readonly<Record<string, string | undefined>>,
): Terminal {
  const isTTY = stream.isTTY === true
  const coloured = wantsColour({ isTTY, environment })
  return {
    write: (text) => {
      stream.write(text)
    },
    paint: paints(coloured),
    coloured,
    live: isTTY && environment.TERM !== 'dumb',
    width: () => Math.max(isTTY ? stream.columns || 80 : columnsOfPipe, fewestColumns),
  }
}
