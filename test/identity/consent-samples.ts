/** What people write who want no more texts. */

/** Each of the carriers' and regulators' words, which count in every dress below. */
export const words = [
  'STOP',
  'STOPALL',
  'STOP ALL',
  'UNSUBSCRIBE',
  'CANCEL',
  'END',
  'QUIT',
  'REVOKE',
  'OPTOUT',
  'OPT OUT',
  'OPT-OUT',
  'REMOVE',
  'ARRET',
  'TD',
  'PLEASE OPT ME OUT',
];

const fullWidth = (text: string) => text.replace(/[!-~]/g, (one) => String.fromCharCode(one.charCodeAt(0) + 0xfee0));

/** The ways a word is dressed on its way from a thumb. */
export const dresses: Readonly<Record<string, (word: string) => string>> = {
  'as it is': (word) => word,
  'small letters': (word) => word.toLowerCase(),
  'a capital first': (word) => word.charAt(0) + word.slice(1).toLowerCase(),
  'changing case': (word) => [...word].map((one, at) => (at % 2 === 0 ? one.toLowerCase() : one)).join(''),
  'a full stop': (word) => `${word}.`,
  'marks of anger': (word) => `${word}!!!`,
  'question marks': (word) => `${word}??`,
  'three dots': (word) => `${word}…`,
  'straight quotes': (word) => `"${word}"`,
  'single quotes': (word) => `'${word}'`,
  'curly quotes': (word) => `“${word}”`,
  brackets: (word) => `[${word}]`,
  'spaces around': (word) => `   ${word}  `,
  'a line end': (word) => `${word}\r\n`,
  'wide spaces': (word) => word.replaceAll(' ', '\u00a0 \t'),
  'an emoji': (word) => `${word} 🛑`,
  'emoji around': (word) => `😡🤬${word}🙏🏽`,
  'full width': fullWidth,
  'please after': (word) => `${word} please`,
  'please before': (word) => `please ${word.toLowerCase()}`,
  'thanks after': (word) => `${word}, thank you`,
  'now after': (word) => `${word} NOW!`,
};

/** Whole messages that stop, beyond the dressed words. */
export const stops = String.raw`
Arrêt
arrêt
ARRÊT
arrêter
Arrêtez!
S T O P
s.t.o.p.
S-T-O-P
STOOOP
stoppp!!
STOP STOP STOP
Stop stop
ＳＴＯＰ
ⓢⓣⓞⓟ
𝐒𝐓𝐎𝐏
𝗦𝗧𝗢𝗣
ST\u200bOP
\u200eSTOP\u200f
STOP\ufe0f
stóp
stop_all
opt_out
Stop. Leave me alone
STOP!! I never asked for this
STOP\n\nSent from my iPhone
Unsubscribe.\nJane
Hi, stop please
ok stop
I said STOP
text STOP
Reply STOP
STOP to end
stop to opt out
STOP SMS
unsub
un-subscribe
Unsubscribed
unsuscribe
unsubscribe all
unsubscribe me
please unsubscribe me from this
unsubscribe this number
I want to unsubscribe
How do I unsubscribe
how can i unsubscribe?
stop texting me
Stop texting me!
STOP TEXTING ME
please stop texting me
Can you stop texting me
would you please stop messaging me
I need you to stop texting me
I asked you to stop texting
for the last time stop texting this number
quit texting me
quit messaging
cease contacting me
stop contacting me
stop spamming me
stop bothering me
stop harassing me
stop sending me these
stop sending messages
stop sending these texts
stop sending
Please stop sending me texts
stop the texts
stop these messages
stop all messages
stop your messages
Stop text
end these texts
cancel these messages
cancel all texts
no more texts
no more messages please
No more msgs
no more spam
enough with the texts
enough texts already
don't text me
Don’t text me
dont text me
do not text me again
DO NOT TEXT ME
do not ever text me
don't ever message me again
never text me again
please do not contact me
do not contact this number
don't contact me anymore
do not message me
don't call me again
never call me again
stop calling me
take me off your list
Take me off this list
get me off the list
remove me from your list
remove me from this mailing list
please remove me from your texting list
take my number off your list
remove my number from your database
remove us from your contact list
delete my number
please delete my number
lose my number
lose this number
forget my number
remove me
delete me
take me off
opt me out
please opt me out
opt us out
I'd like to opt out
i want to opt out
opting out
opt out of texts
opt out of these messages
opt out of all future communications
I opted out of these texts
I don't want texts
i dont want these messages
I do not want any more texts
don't want your messages
I no longer want these texts
I no longer wish to receive messages
do not wish to be contacted
I don't need these texts
I do not consent to these texts
I did not consent to these messages
I didn't sign up for these texts
I never signed up for this
I didn't ask for this
i never agreed to this
I did not subscribe to this
I revoke my consent
I revoke consent
I withdraw my permission
I hereby revoke all authorization
leave me alone
please leave us alone
lose my number please
go away
get lost
fuck off
wrong number
Wrong number!
you have the wrong number
wrong person
not interested
alto
BASTA
parar
no más
no más mensajes
no me escriban
no me manden mensajes
ne m'écrivez plus
se désabonner stop texting
désabonner
abmelden
`
  .trim()
  .split('\n')
  .map((line) => JSON.parse(`"${line.replaceAll('"', '\\"')}"`) as string);
