/**
 * Several things that are asked of one transaction at the same time. All are waited for, whatever becomes of them: what is
 * still on its way when a transaction ends would be done outside of it. The first fault, in their order, is thrown then.
 */
export async function allDone<const Asks extends readonly unknown[]>(
  asks: Asks,
): Promise<{ -readonly [At in keyof Asks]: Awaited<Asks[At]> }> {
  const settled = await Promise.allSettled(asks);
  for (const one of settled) if (one.status === 'rejected') throw one.reason;
  return settled.map((one) => (one.status === 'fulfilled' ? one.value : undefined)) as {
    -readonly [At in keyof Asks]: Awaited<Asks[At]>;
  };
}
