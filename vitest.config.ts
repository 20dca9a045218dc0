/**
 * Three workers on two cores, because many tests wait, and no more, because an embedded database takes some hundred
 * megabytes; no retries, because a test that passes the second time is a fault that was not found.
 */
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/support/global-setup.ts'],
    pool: 'forks',
    maxWorkers: 3,
    retry: 0,
    testTimeout: 20_000,
    hookTimeout: 30_000,
    expect: { poll: { timeout: 10_000 } },
  },
});
