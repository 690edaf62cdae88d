"""360°评价: what colleagues, subordinates, other departments and outsiders say of a person in the annual cycle.

HR opens a round with questions; raters are proposed, approved and asked. Nobody learns who gave which answer, by name, time or
order, neither on a page nor in the tables:

* A rater gets a ballot (选票), which is torn up by answering; answers carry no rater, no time and no number.
* While the round runs, the answers of a group about a person lie together in one sealed box, shuffled and sealed anew with
  every answer under a key outside the database. So neither the order of rows, nor the transaction that wrote them, nor two
  copies of the table side by side, part one answer from the others; not even the first one in a box can be read.
* When the round closes the boxes are emptied, shuffled and thrown away. What stays are sums per group and question, and free
  texts each by itself under a random id, shuffled again at every reading. A group with fewer than three answers is merged
  with the other small ones; if they are fewer than three together, they are withheld and their texts are gone.
* The audit trail says that an answer was given in this round, by nobody and about nobody: a name with a time next to two
  backups would be the link. Answering takes no idempotency key, which would keep a fingerprint of the content beside the
  account; and drafts of answers are not kept.

What is not hidden is that somebody has answered: the table of ballots shows who has not (reminders and the links of outsiders
need it), and the log of requests shows who called when. Neither leads to a content. Whoever holds the key and successive copies
of the database, or may change the program, could break this; nobody else.
"""
