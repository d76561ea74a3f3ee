/** Moves channels between the two layouts. */
import { permute, type Tensor } from 'striate'

/** Channels moved to the end, as `layout: 'channels-last'` reads them. */
export const toLast = (x: Tensor): Tensor =>
  permute(x, [0, ...Array.from({ length: x.rank - 2 }, (_, a) => a + 2), 1])

/** Channels moved from the end to behind the batch. */
export const toFirst = (x: Tensor): Tensor =>
  permute(x, [0, x.rank - 1, ...Array.from({ length: x.rank - 2 }, (_, a) => a + 1)])
