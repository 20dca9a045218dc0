/** The suite of the voice port over SIP: on the scripted edge and rtpengine, or on real ones where there are some. */
import { voiceCarrierSuite } from '../../conformance/voice-carrier.ts';
import { openSipStage } from './voice-stage.ts';

voiceCarrierSuite('sip', openSipStage, {
  noWire: 'there are no webhooks; what comes twice or in disorder over SIP is in calls.test.ts and races.test.ts',
});
