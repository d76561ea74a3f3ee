/** Choice between branches whose condition is known when the graph is built. */
import type { OperatorTable } from '../operator.ts'

export const controlOperators: OperatorTable = {
  If: {
    attributes: ['then_branch', 'else_branch'],
    settings: [0],
    build: (node) => {
      const isTrue = node.numbers(0)[0] !== 0
      return node.around.branch(node.graph(isTrue ? 'then_branch' : 'else_branch'))
    },
  },
}
