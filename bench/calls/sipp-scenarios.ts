/** What sipp plays: callers who talk for half a second, and the outside number they are put through to. */

const description = `v=0
o=sipp 1 1 IN IP4 [media_ip]
s=-
c=IN IP4 [media_ip]
t=0 0
m=audio [media_port] RTP/AVP 0
a=rtpmap:0 PCMU/8000
`;

const again = 'Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]\nMax-Forwards: 70';
const dialog =
  'From: <sip:+12125550144@caller.example>;tag=[call_number]\nTo: <sip:[service]@[remote_ip]:[remote_port]>[peer_tag_param]\nCall-ID: [call_id]';

/** Setup is measured from the INVITE to its 200. */
export function callerScenario(talkMs: number): string {
  return `<?xml version="1.0" encoding="ISO-8859-1" ?>
<scenario name="caller">
<send retrans="500" start_rtd="setup"><![CDATA[
INVITE sip:[service]@[remote_ip]:[remote_port] SIP/2.0
${again}
${dialog}
CSeq: 1 INVITE
Contact: <sip:caller@[local_ip]:[local_port]>
Content-Type: application/sdp
Content-Length: [len]

${description}]]></send>
<recv response="100" optional="true"></recv>
<recv response="180" optional="true"></recv>
<recv response="183" optional="true"></recv>
<recv response="200" rtd="setup" rrs="true"></recv>
<send><![CDATA[
ACK [next_url] SIP/2.0
${again}
${dialog}
CSeq: 1 ACK
Content-Length: 0

]]></send>
<pause milliseconds="${talkMs}"/>
<send retrans="500"><![CDATA[
BYE [next_url] SIP/2.0
${again}
${dialog}
CSeq: 2 BYE
Content-Length: 0

]]></send>
<recv response="200"></recv>
</scenario>
`;
}
