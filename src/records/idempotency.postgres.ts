/**
 * Idempotency-Key: a request that spends or sends is done once for 24 hours. The answer is stored in the transaction
 * of the deed itself, so a repeated request finds either both or neither.
 */
import { limits } from '../../config/limits.ts';
import { AppError } from '../ports/errors.ts';
import type { EnterpriseId } from '../ports/ids.ts';
import { sha256Hex } from '../ports/secrets.ts';
import type { Work } from './transact.ts';

export interface OnceWish {
  readonly enterpriseId: EnterpriseId;
  /** Null: the sender gave none and takes the risk. */
  readonly key: string | null;
  /** What the request asks for; another body under the same key is a conflict. */
  readonly request: unknown;
  readonly now: number;
}

export interface StoredAnswer {
  readonly status: number;
  readonly body: unknown;
}

/**
 * Does `act` unless this key has been answered before; then that answer is given again.
 * @throws AppError `idempotency-conflict` when the key was used for something else.
 */
export async function once(work: Work, wish: OnceWish, act: () => Promise<StoredAnswer>): Promise<StoredAnswer> {
  const { enterpriseId, key, now } = wish;
  if (key === null) return act();
  const digest = sha256Hex(JSON.stringify(wish.request));
  await work.tx
    .deleteFrom('idempotency')
    .where('enterprise_id', '=', enterpriseId)
    .where('key', '=', key)
    .where('at', '<', new Date(now - limits.idempotencyKeptMs))
    .execute();
  const claimed = await work.tx
    .insertInto('idempotency')
    .values({ enterprise_id: enterpriseId, key, digest, status: 0, body: '{}', at: new Date(now) })
    .onConflict((clash) => clash.columns(['enterprise_id', 'key']).doNothing())
    .returning('key')
    .executeTakeFirst();
  if (claimed === undefined) return answeredBefore(work, wish, digest);
  const answer = await act();
  await work.tx
    .updateTable('idempotency')
    .set({ status: answer.status, body: JSON.stringify(answer.body) })
    .where('enterprise_id', '=', enterpriseId)
    .where('key', '=', key)
    .execute();
  return answer;
}

async function answeredBefore(work: Work, wish: OnceWish, digest: string): Promise<StoredAnswer> {
  const before = await work.tx
    .selectFrom('idempotency')
    .select(['digest', 'status', 'body'])
    .where('enterprise_id', '=', wish.enterpriseId)
    .where('key', '=', wish.key ?? '')
    .executeTakeFirstOrThrow();
  if (before.digest !== digest) throw new AppError('idempotency-conflict');
  return { status: before.status, body: before.body };
}
