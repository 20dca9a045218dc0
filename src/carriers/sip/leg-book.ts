/**
 * All legs this process holds, found by their id, their dialog or their call; and for a while the ids of those that ended,
 * so that a repeated order to dial does not ring somebody twice. Bounded.
 */
import { limits } from '../../../config/limits.ts';
import type { CallId, LegId } from '../../ports/ids.ts';
import type { Leg } from './leg.ts';

export interface LegBook {
  readonly size: number;
  all(): readonly Leg[];
  add(leg: Leg): void;
  find(id: string): Leg | undefined;
  findByDialog(dialogId: string): Leg | undefined;
  /** The leg now stands in another dialog. */
  moveDialog(leg: Leg, dialogId: string): void;
  /** The leg whose sound this call of the media server's is. */
  findByAnchor(id: string): Leg | undefined;
  callerOf(callId: CallId): Leg | undefined;
  /** The id a leg of ours was dialled under, while it lives and for a while afterwards. */
  dialledAs(legId: LegId): string | undefined;
  remove(leg: Leg): void;
  hasEnded(id: string): boolean;
}

export function createLegBook(): LegBook {
  const byId = new Map<string, Leg>();
  const byDialog = new Map<string, Leg>();
  const callers = new Map<CallId, Leg>();
  const dialled = new Map<LegId, string>();
  const ended = new Set<string>();
  return {
    get size() {
      return byId.size;
    },
    all: () => [...byId.values()],
    add(leg: Leg): void {
      byId.set(leg.id, leg);
      byDialog.set(leg.dialogId, leg);
      if (leg.legId !== null) dialled.set(leg.legId, leg.id);
    },
    find: (id: string) => byId.get(id),
    findByDialog: (dialogId: string) => byDialog.get(dialogId),
    findByAnchor(id: string): Leg | undefined {
      for (const leg of byId.values()) if (leg.anchor?.id === id) return leg;
      return undefined;
    },
    moveDialog(leg: Leg, dialogId: string): void {
      byDialog.delete(leg.dialogId);
      leg.dialogId = dialogId;
      byDialog.set(dialogId, leg);
    },
    callerOf(callId: CallId): Leg | undefined {
      const known = callers.get(callId);
      if (known !== undefined) return known;
      for (const leg of byId.values())
        if (leg.kind === 'caller' && leg.callId === callId) {
          callers.set(callId, leg);
          return leg;
        }
      return undefined;
    },
    dialledAs: (legId: LegId) => dialled.get(legId),
    remove(leg: Leg): void {
      byId.delete(leg.id);
      byDialog.delete(leg.dialogId);
      if (leg.kind === 'caller' && leg.callId !== null) callers.delete(leg.callId);
      ended.add(leg.id);
      const [oldest] = ended;
      if (ended.size > limits.sipEndedLegsKeptMax && oldest !== undefined) ended.delete(oldest);
      const [first] = dialled.keys();
      if (dialled.size > limits.sipEndedLegsKeptMax && first !== undefined) dialled.delete(first);
    },
    hasEnded: (id: string) => ended.has(id),
  };
}
