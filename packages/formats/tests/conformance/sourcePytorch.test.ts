// Generated PyTorch programs give the library's own numbers, where there is a Python with PyTorch.
import { findPython } from '../support/python.ts'
import { sourceSuite } from '../support/sourceSuite.ts'

sourceSuite({
  title: 'PyTorch programs',
  to: 'pytorch',
  ...findPython({ module: 'torch', variable: 'STRIATE_PYTHON', runner: './runPytorch.py' }),
})
