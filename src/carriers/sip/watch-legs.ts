/**
 * Looks after legs that nobody speaks of. After the connection to drachtio broke, what the phones say no longer reaches us
 * (the server answers them 481 by itself), so each leg that was there is asked until it is gone. No leg lives for ever, and
 * an unanswered caller is reminded that we are at it (RFC 3261 section 13.3.1.1), which also shows whether they still wait.
 */
import { limits } from '../../../config/limits.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Log } from '../../ports/log.ts';
import type { Drachtio } from './drachtio.ts';
import type { Leg } from './leg.ts';
import type { LegBook } from './leg-book.ts';
import { SipFault } from './sip-fault.ts';
import type { Switchboard } from './switchboard.ts';
import { lookFar } from './voice.ts';

interface World {
  readonly book: LegBook;
  readonly drachtio: Drachtio;
  readonly switchboard: () => Switchboard;
  readonly clock: Clock;
  readonly log: Log;
}

export function createWatchLegs(world: World): { onLink(isUp: boolean): void; stop(): void } {
  const { book, clock } = world;
  const timer = setInterval(() => void lookAtAll(world), limits.sipWatchEveryMs);
  return {
    onLink(isUp: boolean): void {
      if (!isUp) {
        for (const leg of book.all()) leg.orphaned = true;
        return;
      }
      const orphans = book.all().filter((leg) => leg.orphaned);
      if (orphans.length > 0) world.log.warn({ legs: orphans.length }, 'sip-legs-orphaned');
      for (const leg of orphans) leg.seenAt = clock.now() - limits.sipOrphanLookEveryMs;
      void takeUpAgain(world, orphans);
    },
    stop: () => clearInterval(timer),
  };
}

/** Callers first: who gave up meanwhile is nobody to ring the next agent for. */
async function takeUpAgain(world: World, orphans: readonly Leg[]): Promise<void> {
  await Promise.all(orphans.filter(({ invite }) => invite !== null).map((leg) => remind(world, leg)));
  // A phone that was being rung cannot tell us any more that it answered.
  for (const leg of orphans)
    if (leg.state === 'ringing' && leg.kind !== 'caller') world.switchboard().endHere(leg, 'failed');
  await lookAtAll(world);
}

async function lookAtAll(world: World): Promise<void> {
  const now = world.clock.now();
  const due = world.book.all().filter((leg) => {
    if (now - leg.since > limits.callLifeMs + limits.sipWatchEveryMs) {
      world.log.warn({ leg: leg.id }, 'sip-leg-lived-too-long');
      world.switchboard().endHere(leg, 'failed');
      return false;
    }
    if (leg.invite !== null) {
      const everyMs = leg.orphaned ? limits.sipOrphanLookEveryMs : limits.sipRingBackEveryMs;
      if (now - leg.seenAt >= everyMs) void remind(world, leg);
      return false;
    }
    return leg.state === 'answered' && now - leg.seenAt >= lookEveryMs(leg);
  });
  await Promise.all(due.map((leg) => lookAt(world, leg, now)));
}

/** After a lost connection nobody tells us that a caller gave up; the server knows it when we speak to them. */
async function remind({ clock, switchboard }: World, leg: Leg): Promise<void> {
  leg.seenAt = clock.now();
  try {
    await leg.invite?.answer(180);
  } catch (fault) {
    const isGone = fault instanceof SipFault && fault.kind === 'gone';
    if (isGone && leg.invite !== null) switchboard().endedThere(leg, 'canceled');
  }
}

function lookEveryMs(leg: Leg): number {
  return leg.orphaned ? limits.sipOrphanLookEveryMs : limits.sipLookEveryMs;
}

async function lookAt(world: World, leg: Leg, now: number): Promise<void> {
  leg.seenAt = now;
  if ((await lookFar(world.drachtio, leg.dialogId)) !== 'gone') return;
  world.log.info({ leg: leg.id }, 'sip-leg-found-gone');
  world.switchboard().endedThere(leg, 'completed');
}
