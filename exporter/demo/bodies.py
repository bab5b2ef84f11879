"""What stands in the messages: first mails, agents' answers, internal notes; invented and short."""

from typing import Final

GREETINGS: Final = ("Hello,", "Hi,", "Dear team,", "Good morning,", "Hi all,", "To whom it may concern,")
QUESTIONS: Final = (
    "since yesterday I have trouble with this: {subject}. It worked last week.",
    "{subject}. I attach the script and the output file; the job id is {job}.",
    "I followed the documentation, but I still get an error. In short: {subject}.",
    "could somebody look into this? {subject}. My deadline is on Friday.",
    "our group needs help: {subject}. We use {cluster} for a course project.",
    "I am new to {cluster} and do not know what to try next. {subject}.",
    "{subject}. I ran it in {partition} with {number} cores, from {space}.",
    "this happens with {code} only, other programs are fine: {subject}.",
)
CLOSINGS: Final = ("Thanks!", "Thank you very much.", "Best regards", "Any help is appreciated.", "Please advise.")

ANSWERS: Final = (
    "Thank you for writing. We are looking into it and will come back to you.",
    "Could you send us the job id and the path of your script, please?",
    "Your job asked for more memory than the node has. Please request less, or use bigmem.",
    "The module is in place now: module avail shows it. Please try again.",
    "We raised the quota. It takes effect at your next login.",
    "This was caused by a node that has been drained meanwhile; resubmitted jobs will run elsewhere.",
    "Please have a look at our page on Slurm scripts; the example there does what you need.",
    "Your account is active again. Please log in with two-factor authentication.",
    "We reproduced the error and rebuilt the package against the current compiler.",
    "The queue is long because of the end of the semester; your job's estimated start is tomorrow.",
)
FOLLOW_UPS: Final = (
    "Thank you, I will try that.",
    "It still fails, with the same message.",
    "Here is the job id: {job}.",
    "That solved the first part, but now {code} stops later.",
    "Any news on this?",
)
SOLVED: Final = (
    "We consider this solved and close the ticket. Answer this mail to open it again.",
    "Glad that it works now. Closing.",
    "No answer for two weeks, closing for now.",
)
NOTES: Final = (
    "Asked the storage team.",
    "Same problem as an earlier ticket of this group.",
    "Waiting for the vendor.",
    "Checked the logs of slurmctld: nothing unusual.",
    "Talked to the requester on the phone.",
)
AUTOMATIC: Final = "I am away and will read your message when I am back. This is an automatic reply."
RECEIVED: Final = (
    "A request for support has been created. A representative will follow up with you as soon as possible."
)
