/** Whole calls on the sandbox: the suite of the voice port. */
import { voiceCarrierSuite } from '../../conformance/voice-carrier.ts';
import { openSandboxStage } from './voice-stage.ts';

voiceCarrierSuite('sandbox', openSandboxStage, { noWire: 'it lives in the gateway’s process' });
