/** The sandbox's shop of pretend numbers. */
import { describe } from 'vitest';
import { createSandboxNumbers } from '../../../src/carriers/sandbox/numbers.ts';
import { numberSupplierSuite } from '../../conformance/number-supplier.ts';

describe('the sandbox', () => numberSupplierSuite(createSandboxNumbers));
