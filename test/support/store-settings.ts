/**
 * How every test opens its database: schema names as in production, and pools small enough for two workers to share one
 * server.
 */
export const storeSchemas = Object.freeze({ schema: 'linekeeper', jobSchema: 'bullmq' });

export const serverPolicy = Object.freeze({ poolSize: 10, connectTimeoutMs: 5_000, statementTimeoutMs: 10_000 });
