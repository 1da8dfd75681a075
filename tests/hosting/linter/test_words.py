"""Words of a line mean what the local host makes of them."""

from hypothesis import given, settings
from hypothesis import strategies as st

from app.errors import InvalidInput
from app.hosting.linter.words import plain, quoted, split_words
from app.localhost.command import split_command


@given(st.text(alphabet=" abst/=\"'\\", max_size=20))
@settings(deadline=None)
def test_words_are_those_that_the_local_host_makes(text: str) -> None:
    words = split_words(f"/v/serve {text}")
    try:
        expected = split_command(f"/v/serve {text}", {})
    except InvalidInput:
        assert words is None
    else:
        assert words is not None
        assert [plain(word) for word in words] == expected


@given(st.text(alphabet=" ab\"'\\$", max_size=10))
@settings(deadline=None)
def test_a_quoted_word_means_the_text(text: str) -> None:
    (word,) = split_words(quoted(text)) or [""]
    assert plain(word) == text
