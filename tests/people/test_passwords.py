"""Which passwords are refused: what lists of leaked passwords hold, and what is built the same way."""

import pytest

from appraisal.errors import Invalid
from appraisal.people import auth
from appraisal.people.passwords import weakness

COMMON = """
1234567890 12345678910 0987654321 0123456789 1111111111 0000000000 aaaaaaaaaa abababababab qwertyuiop
QWERTYUIOP qwertyuiop123 asdfghjkl123 1q2w3e4r5t 1q2w3e4r5t6y q1w2e3r4t5y6 1qaz2wsx3edc zaq12wsxcde3
qazwsxedcrfv password123 Password123! P@ssw0rd123 P@ssw0rd2024 passw0rd1234 password1234567890 welcome2026!
Welcome@123 admin123456 administrator admin@12345 letmein12345 iloveyou123 iloveyou2 woaini1314520
woaini5201314 5201314520 aa123456789 a123456789 abc1234567 abcd123456 qq1234567890 wang123456 zhang19900101
mima123456 1234qwerasdf 123qweasdzxc qwer1234asdf changeme123 secret12345 test123456 root123456 summer2025!
dragon12345 monkey123456 football2024 superman123 111222333444 112233445566 147258369147 789456123000
abcdefghij zyxwvutsrqponm 20260101123456 我爱你1234567 sunshine888 888888888888 666666888888 1314520abc
!@#$%^&*() asdfasdfasdf testtesttest
"""

GOOD = """
correct-horse-battery b7wq-9kfz-mx2p 晨光里骑车去海边散步 Tr0ut&glacier.41 vermilion-otter-kettle
江南好风景旧曾谙日出 xk8!vRt2pQ 春眠不觉晓处处闻啼鸟 lorry9-violet-ostrich
"""


def words(text: str) -> list[str]:
    return text.split()


@pytest.mark.parametrize("password", words(COMMON))
def test_what_leaked_lists_hold_is_refused(password: str):
    assert weakness(password) is not None


@pytest.mark.parametrize("password", words(GOOD))
def test_what_nobody_would_try_early_stands(password: str):
    assert weakness(password) is None


def test_every_random_secret_stands():
    assert [text for text in (auth.new_secret_text() for _ in range(300)) if weakness(text)] == []


@pytest.mark.parametrize(
    "password", ["zhaoliu-2026!", "zhaoliuzhaoliu", "Zhao.Liu-1234", "s00123s00123", "赵六赵六赵六赵六1234"]
)
def test_what_anybody_knows_of_the_owner_does_not_protect(password: str):
    assert weakness(password, ["zhao.liu", "zhaoliu", "S00123", "赵六赵六"]) is not None


def test_the_same_words_protect_somebody_else():
    assert weakness("zhaoliu-rivers", ["zhaoliu"]) is None
    assert weakness("zhaoliu-river", ["li.ming"]) is None


def test_a_common_password_is_refused_where_one_is_chosen():
    with pytest.raises(Invalid) as refused:
        auth.secret_of("password1234567")
    assert refused.value.code == "common_password"
    assert "password1234567" not in str(refused.value)


@pytest.mark.parametrize("password", ["x" * 256, "1234567890" * 25, "ab" * 128, "wersdfxcv" * 28, "爱" * 256])
def test_a_pattern_does_not_gain_by_length(password: str):
    assert weakness(password) is not None
