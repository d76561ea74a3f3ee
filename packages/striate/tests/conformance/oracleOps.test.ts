// Every operator of the table oracle/ops: results and gradients by PyTorch, in float64.
import { operators } from '../support/suites/index.ts'
import { testSuite } from '../support/suites/node.ts'

await testSuite(operators)
