/** What people write who want no more texts, and what people write who only use the same words. */

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

/** Clear near misses: the same words about something else. */
export const nearMisses = `
the END of May
by the end of the day
end of story
Does the sale end on Friday?
when does it end
At the end I paid cash
it will never end
weekend
week-end works for me
the end date is wrong
dead end street
in the end we chose the blue one
end table
cancel my order 12
Cancel my order
please cancel my appointment for Tuesday
Can I cancel my subscription to the magazine
can you cancel the delivery
I need to cancel my 3pm
cancel the blue one, keep the red
what is your cancellation policy
cancelled
did you cancel it
noise cancelling headphones
please stop by tomorrow
stop by the office
I'll stop by at 5
can I stop in today
Stop in for a visit
don't stop
Don’t stop
do not stop
never stop
don't stop texting me
Don't stop texting me!
please don't stop messaging me
do not stop sending me texts
I don't want you to stop
why did you stop texting me?
did you stop sending messages?
I have to stop texting now, driving
I need to stop texting, talk later
i gotta stop texting
I'll stop messaging you
stopwatch
non-stop flight
nonstop
bus stop
truck stop on route 9
one stop shop
pit stop
whistle-stop tour
which stop do I get off
full-stop after the name
stop sign
stop the delivery please
Can you stop the shipment
stop payment on the cheque
stop the clock at noon
the machine will not stop
it stops when I press start
stopped by yesterday
doorstop
stop loss order
stopping by later
Do I stop at the light or turn
quitting time
I quit my job
she quit smoking
quit claim deed
the app keeps quitting
do you sell nicotine to help quit smoking
quite nice
quilt
remove the blue one from my order
Please remove item 3
how do I remove the cover
removed
stain remover
can you remove the stain
remove me from the waiting list for 3pm, I'll take 4pm
take me off the wait list
take me off hold
take the fee off my bill
get me off at the corner
delete the second address
I deleted the app
revoked license, can I still rent
opt for the red one
can I opt out of the insurance
I'd like to opt out of the extended warranty
option 2
optional?
out
I opted for pickup
can my daughter opt out of gym
unsubscribe button on the website looks nice
I don't want to unsubscribe
don't unsubscribe me
please do not unsubscribe me
I didn't mean to unsubscribe
I don't want to opt out
don't opt me out
subscribe
subscribe me
resubscribe
I don't want to miss your messages
I don't want to stop getting texts
don't text me before 9 am
do not text me after 10pm
please don't contact me until Monday
Don't hesitate to text me
don't hesitate to contact us
why don't you text me
you don't text me anymore
you do not call me back
don't forget to text me
don't forget to message me the address
I did not get your text
I didn't receive your message
no text yet
I never got your message
you never text me
text me
text me when it ships
call me, don't email
don't call me, I am at work, text me
don't call before noon
message me tomorrow
contact me at this address
send me the texts you promised
send more
no more than 20 dollars
no more apples in stock?
are there no more tickets
no more
enough sugar
is that enough
leave me a voicemail
leave it at the door
leave the package alone
not interested in the blue one, show me red
I am not sure
wrong number of items in the box
the wrong number is on my invoice
you sent the wrong person's order
I have the wrong size
lose weight
I lost my number for the order
my number is on file
this number is better for me
go away spray for bugs
arrested development dvd
td bank
TD garden tickets
touchdown
my end
to end
halt
alter the dress please
altogether 4 of them
pare knives
do you have basta pasta
spare part
start
START
unstop
help
info
Help me choose
can you help
I need help with my order
help!me
information please
more info about the blue one
yes
no
no thanks
ok
thanks
👍
🛑
...
?

1
STOPS
unstoppable
post
spot
top
end2end encryption
tomorrow
cancel each other out
cancellation
I agree to these messages
I consent to receive texts
keep sending me texts
I like your texts
I want to receive your messages
sign me up for texts
please text this number
How many texts will I get
your message was cut off
is this a real person
who is this
`
  .slice(1, -1)
  .split('\n');
