/**
 * The sandbox as a voice carrier. Orders take effect at once; what they cause is reported afterwards, on its own turn,
 * so an order is never held up by the gateway hearing of it, as with a carrier's status callbacks.
 */
import { type Instruction, isPhone } from '../../telephony/instructions.ts';
import type { Capability, CarrierAnswer, DialAnswer, DialOrder, VoiceCarrier } from '../../telephony/voice-carrier.ts';
import type { SandboxHead } from './head.ts';
import type { LineReport } from './line.ts';
import type { Network } from './network.ts';

const capabilities: ReadonlySet<Capability> = new Set([
  'announce',
  'hold-music',
  'keys',
  'voicemail',
  'three-way',
  'supervise',
  'coach',
  'move-legs',
  'hand-over-number',
  'attestation',
]);

export function createSandboxVoice(world: { network: Network; head: Pick<SandboxHead, 'tell'> }): VoiceCarrier {
  const { network } = world;
  const tellLater = (reports: readonly LineReport[]): void => void world.head.tell(reports);
  return Object.freeze({
    name: 'sandbox',
    capabilities,
    async dial(order: DialOrder): Promise<DialAnswer> {
      const { to } = order;
      if (!isPhone(to)) return { kind: 'refused', reason: 'the sandbox has telephone numbers only' };
      const made = network.dial({ ...order, to });
      if (made === null) return { kind: 'unavailable', reason: 'the sandbox is full of live calls' };
      tellLater(made.reports);
      return { kind: 'dialled', carrierCallId: made.lineId };
    },
    async instruct(carrierCallId: string, instructions: readonly Instruction[]): Promise<CarrierAnswer> {
      const reports = network.instruct(carrierCallId, instructions);
      if (reports === 'gone') return { kind: 'gone' };
      if (reports === 'ringing') return { kind: 'refused', reason: 'the phone still rings' };
      tellLater(reports);
      return { kind: 'done' };
    },
    async hangUp(carrierCallId: string): Promise<CarrierAnswer> {
      const reports = network.release(carrierCallId);
      if (reports === 'gone') return { kind: 'gone' };
      tellLater(reports);
      return { kind: 'done' };
    },
    look: async (carrierCallId: string) => (network.isLive(carrierCallId) ? 'live' : 'gone'),
  });
}
