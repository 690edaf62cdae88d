"""What makes a password too easy to guess: words and patterns that lists of leaked passwords are full of, here and abroad.

A list would hold only what it happens to hold. Instead the text is read as a guesser builds it: known words, runs on the
keyboard or in the alphabet, repetitions, years and what belongs to the person count little, and what remains has to be enough.
"""

import re
from collections.abc import Iterable

from appraisal.core.errors import Message

ENOUGH = 6
"""How much has to remain: each sign nobody can foresee counts 1, and so does each foreseeable piece as a whole."""

_WORDS = """
abc access account admin administrator angel apple asdf baby bailey baseball basketball batman beautiful
beijing boss buster changeme charlie cheese china chelsea chocolate company computer cookie daniel default
demo dragon eagle elephant flower football forever freedom friend gfhjkm ginger google guest hannah happy
hello hockey hr hunter iloveyou internet jasmine jennifer jessica jordan joshua justin kaoqin kaohe killer
letmein liverpool login london love lovely lucky manager master matthew matrix merlin michael michelle mima
mobile monday money monkey mustang mypass naruto nicole nihao office oracle orange pass passphrase passw0rd
password passwd payroll people pepper phone pokemon princess private profile purple qazwsx qq qwer qwerty
qwertz rainbow ranger remember root samsung secret security server service shadow shanghai shenzhen silver
soccer spring starwars staff start summer sunshine super superman sweet system taobao temp temporary test
thomas tigger trustno unknown user wang weixin welcome whatever william winter woaini woaiwojia wode wodemima
wosh xiaoming yamaha yellow zaq zhang zhongguo zxcv aa123456 a123456 q1w2e3 1q2w3e 1qaz 2wsx 3edc 4rfv 5201314
1314520 1314 520 521 588 666 888 168 147258 159357 123321 112233 管理员 密码 你好 中国 公司 我爱你 绩效 考核 员工
"""
_ROWS = (
    *("qwertyuiop", "asdfghjkl", "zxcvbnm", "1234567890", "abcdefghijklmnopqrstuvwxyz", "qwertzuiop", "azertyuiop"),
    *(
        "!@#$%^&*()",
        "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik",
        "qazwsxedcrfvtgbyhnujmik",
        "1q2w3e4r5t6y7u8i9o0p",
        "q1w2e3r4t5y6u7i8o9p0",
    ),
    *("zaq1xsw2cde3vfr4", "147258369", "789456123", "741852963", "159357"),
)
_LOOKALIKES = str.maketrans("@4831!05$7", "aabeliosst")
_YEAR = re.compile(r"(?:19|20)\d\d(?:[01]\d(?:[0-3]\d)?)?")
_REPEATED = re.compile(r"(.{1,4}?)\1{2,}|(.)\2")


def weakness(password: str, personal: Iterable[str] = ()) -> Message | None:
    """Why a password would be guessed early, or None. `personal`: what anybody knows of its owner, such as account and name."""
    text = password.casefold()
    own = {word for known in personal for word in re.split(r"[\W_]+", known.casefold()) if len(word) >= 2 + word.isascii()}
    words = sorted(_KNOWN | own, key=len, reverse=True)
    # Read as typed and with 4 for a, 0 for o and the like put back: whichever leaves less.
    left = min(_left(reading, words) for reading in {text, text.translate(_LOOKALIKES)})
    if left >= ENOUGH:
        return None
    return Message(
        "密码过于常见或有规律, 容易被猜到: 请用几个互不相关的词组成, 不要用姓名、账号、年份或键盘顺序",
        "this password is common or follows a pattern and would be guessed early: string together a few unrelated words, "
        "without names, accounts, years or keyboard rows",
    )


def _left(text: str, words: list[str]) -> int:
    """What a text is worth, read from the left in the longest foreseeable pieces."""
    worth, at = 0, 0
    text = text[: (text * 2).find(text, 1)]  # the same over again is worth no more than once
    while at < len(text):
        at += max(1, _piece(text, at, words))
        worth += 1
    return worth


def _piece(text: str, at: int, words: list[str]) -> int:
    """How long the foreseeable piece is that begins here; 0 where none does."""
    lengths = [len(word) for word in words if text.startswith(word, at)][:1]
    lengths += [len(found[0]) for pattern in (_YEAR, _REPEATED) if (found := pattern.match(text, at))]
    return max(*lengths, _run(text, at), 0)


def _run(text: str, at: int) -> int:
    """How many signs from here follow a row of the keyboard, the alphabet or the digits, either way; under 3 is none."""
    longest = 0
    for row in _ALL_ROWS:
        end = at + max(3, longest + 1)
        while end <= len(text) and text[at:end] in row:
            longest, end = end - at, end + 1
    return longest


_KNOWN = frozenset(_WORDS.split())
_ALL_ROWS = tuple(way for row in _ROWS for way in (row * 2, (row * 2)[::-1]))
