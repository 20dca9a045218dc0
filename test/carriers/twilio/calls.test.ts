/** Whole calls through Twilio: the suite of the voice port. */
import { voiceCarrierSuite } from '../../conformance/voice-carrier.ts';
import { openTwilioStage } from './voice-stage.ts';

voiceCarrierSuite('twilio', openTwilioStage);
