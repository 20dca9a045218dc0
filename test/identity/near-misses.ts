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
