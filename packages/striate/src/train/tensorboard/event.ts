/** TensorBoard's events: the messages Event, Summary and HistogramProto of its protocol buffers. */
import { bytes, double, doubles, float, message, text, whole } from './protobuf.ts'

/** What happened at a step; `seconds` since 1970. */
export interface Moment {
  readonly step: number
  readonly seconds: number
}

const event = ({ step, seconds }: Moment, field: number, value: Uint8Array): Uint8Array =>
  message(double(1, seconds), whole(2, step), bytes(field, value))

const summaryField = 5
const sessionLogField = 7

/** The event that begins every file. */
export const versionEvent = (seconds: number): Uint8Array =>
  message(double(1, seconds), text(3, 'brain.Event:2'))

/** Training goes on from here: what earlier files say of this step and later ones counts no more. */
export function restartEvent(moment: Moment): Uint8Array {
  const start = 1
  return event(moment, sessionLogField, message(whole(1, start)))
}

const summary = (tag: string, value: readonly Uint8Array[]): Uint8Array =>
  message(bytes(1, message(text(1, tag), value)))

export const scalarEvent = (moment: Moment, tag: string, value: number): Uint8Array =>
  event(moment, summaryField, summary(tag, float(2, value)))

/** A picture as the bytes of a PNG file. */
export function imageEvent(
  moment: Moment,
  tag: string,
  picture: { readonly height: number; readonly width: number; readonly channels: number },
  png: Uint8Array,
): Uint8Array {
  const { height, width, channels } = picture
  const image = message(whole(1, height), whole(2, width), whole(3, channels), bytes(4, png))
  return event(moment, summaryField, summary(tag, bytes(4, image)))
}

/** How often values lie in each of equal intervals between the least and the largest. */
export function histogramEvent(
  moment: Moment,
  tag: string,
  values: ArrayLike<number>,
  buckets: number,
): Uint8Array {
  let [low, high, total, squares] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0, 0]
  for (let at = 0; at < values.length; at++) {
    const value = values[at]!
    low = Math.min(low, value)
    high = Math.max(high, value)
    total += value
    squares += value * value
  }
  const isPoint = low === high
  const count = isPoint ? 1 : buckets
  const width = (high - low) / count
  const limits = Array.from({ length: count }, (_, at) =>
    at === count - 1 ? high : low + (at + 1) * width,
  )
  const counts = new Array<number>(count).fill(0)
  for (let at = 0; at < values.length; at++) {
    const place = isPoint ? 0 : Math.min(Math.floor((values[at]! - low) / width), count - 1)
    counts[place]! += 1
  }
  const histogram = message(
    double(1, low),
    double(2, high),
    double(3, values.length),
    double(4, total),
    double(5, squares),
    doubles(6, limits),
    doubles(7, counts),
  )
  return event(moment, summaryField, summary(tag, bytes(5, histogram)))
}
