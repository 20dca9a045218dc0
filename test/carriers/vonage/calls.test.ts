/** Whole calls through Vonage, from its first webhook to the outcome: the suite of the voice port, and what is Vonage's own. */
import { voiceCarrierSuite } from '../../conformance/voice-carrier.ts';
import { openVonageStage } from './voice-stage.ts';

voiceCarrierSuite('vonage', (place) => openVonageStage(place));
