"""Simple statements, true and false, in which no single word gives the answer away.

Two things and two properties make four statements: two true, and two with the properties swapped.
Every word so occurs as often in a true statement as in a false one, and the four are one group: an
honest split keeps them together, so that nothing about single things can be learned by heart.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from infoscope.core.errors import UnknownName, sentence

__all__ = ["TOPICS", "Statement", "factual_statements"]


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement, whether it is true, its topic, and the group it shares its words with."""

    text: str
    truth: bool
    topic: str
    group: int


_CAPITALS = """France Paris, Italy Rome, Spain Madrid, Germany Berlin, Japan Tokyo, China Beijing,
Russia Moscow, Egypt Cairo, Greece Athens, Austria Vienna, Poland Warsaw, Sweden Stockholm,
Norway Oslo, Denmark Copenhagen, Finland Helsinki, Portugal Lisbon, Ireland Dublin,
Hungary Budapest, Turkey Ankara, Cuba Havana, Peru Lima, Chile Santiago, Canada Ottawa,
Kenya Nairobi, Thailand Bangkok, Vietnam Hanoi, Iran Tehran, Iraq Baghdad, Syria Damascus,
Lebanon Beirut, Belgium Brussels, Ukraine Kyiv, Romania Bucharest, Bulgaria Sofia,
Venezuela Caracas, Ecuador Quito, Colombia Bogota, Argentina Buenos-Aires, India New-Delhi,
Australia Canberra, Nepal Kathmandu, Indonesia Jakarta, Morocco Rabat, Ghana Accra,
Nigeria Abuja, Ethiopia Addis-Ababa, Uganda Kampala, Senegal Dakar"""
_ANIMALS = """dog mammal, eagle bird, salmon fish, snake reptile, horse mammal, owl bird,
shark fish, lizard reptile, cat mammal, ant insect, whale mammal, trout fish, cow mammal,
crow bird, bee insect, rabbit mammal, penguin bird, frog amphibian, turtle reptile, tiger mammal,
butterfly insect, bear mammal, parrot bird, tuna fish, elephant mammal, hawk bird, beetle insect,
goat mammal, swan bird, cod fish, crocodile reptile, monkey mammal, sparrow bird, wasp insect,
wolf mammal, toad amphibian, duck bird, pig mammal, pigeon bird, dolphin mammal"""
_SIZES = """elephant mouse, whale dog, horse rabbit, truck bicycle, house chair, mountain hill,
ocean lake, tree flower, lion rat, bear squirrel, airplane bird, cow chicken, city village,
castle hut, ship canoe, bus car, wolf hamster, planet apple, river puddle, tower bottle,
giraffe frog, tiger ant, camel cat, piano spoon, bridge shoe, church candle, train pencil,
desk coin, door key, bed cup"""
_OPPOSITES = """hot cold, big small, fast slow, happy sad, rich poor, light dark, old new, up down,
open closed, wet dry, hard soft, high low, strong weak, early late, full empty, long short,
clean dirty, easy difficult, loud quiet, thick thin, cheap expensive, deep shallow, near far,
brave cowardly, true false, alive dead, wide narrow, sweet bitter, smooth rough, young aged"""
_NUMBERS = """zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen
fifteen sixteen seventeen eighteen nineteen twenty thirty forty fifty sixty seventy eighty
ninety"""

#: The topics there are, in order.
TOPICS = ("capitals", "animals", "opposites", "sizes", "numbers")


def factual_statements(topics: Sequence[str] = TOPICS) -> list[Statement]:
    """Return 342 statements (by default), as many false as true.

    Parameters
    ----------
    topics : sequence of str
        Among "capitals", "animals", "opposites", "sizes" and "numbers".

    Returns
    -------
    list of Statement
        In an order that is always the same; groups are numbered from 0.

    Raises
    ------
    UnknownName
        If a topic is none.

    Examples
    --------
    >>> [(s.text, s.truth) for s in factual_statements(["capitals"])[:2]]
    [('The capital of France is Paris.', True), ('The capital of France is Rome.', False)]
    """
    found: list[Statement] = []
    for topic in topics:
        if topic not in TOPICS:
            raise UnknownName(
                sentence("factual_statements", "topics", f"be among {TOPICS}", repr(topic))
            )
        group = found[-1].group + 1 if found else 0
        found += _MAKERS[topic](topic, group)
    return found


def _pairs(text: str) -> list[tuple[str, str]]:
    words = [pair.split() for pair in text.replace("\n", " ").split(",")]
    return [(a, b.replace("-", " ")) for a, b in words]


def _swapped(topic: str, group: int, listed: str, pattern: str) -> list[Statement]:
    """Make four statements of every two things whose properties differ."""
    pairs = _pairs(listed)
    found: list[Statement] = []
    while pairs:
        a, own = pairs.pop(0)
        at = next((i for i, (_, other) in enumerate(pairs) if other != own), None)
        if at is None:
            break
        b, other = pairs.pop(at)
        for thing, said, truth in ((a, own, 1), (a, other, 0), (b, other, 1), (b, own, 0)):
            text = pattern.format(thing=_article(thing) if "{thing}" in pattern else "",
                                  name=thing, said=_article(said), word=said)  # fmt: skip
            found.append(Statement(text[0].upper() + text[1:], bool(truth), topic, group))
        group += 1
    return found


def _turned(
    topic: str, group: int, pairs: Sequence[tuple[str, str]], pattern: str
) -> list[Statement]:  # fmt: skip
    """Make two statements of every pair: the larger before the smaller, and the reverse."""
    found: list[Statement] = []
    for k, (large, small) in enumerate(pairs):
        for a, b, truth in ((large, small, True), (small, large, False)):
            text = pattern.format(a=a, b=b)
            found.append(Statement(text[0].upper() + text[1:], truth, topic, group + k))
    return found


def _article(word: str) -> str:
    return ("an " if word[0] in "aeiou" else "a ") + word


def _capitals(topic: str, group: int) -> list[Statement]:
    return _swapped(topic, group, _CAPITALS, "The capital of {name} is {word}.")


def _animals(topic: str, group: int) -> list[Statement]:
    return _swapped(topic, group, _ANIMALS, "{thing} is {said}.")


def _opposites(topic: str, group: int) -> list[Statement]:
    return _swapped(topic, group, _OPPOSITES, "The opposite of {name} is {word}.")


def _sizes(topic: str, group: int) -> list[Statement]:
    pairs = [(_article(a), _article(b)) for a, b in _pairs(_SIZES)]
    return _turned(topic, group, pairs, "{a} is larger than {b}.")


def _numbers(topic: str, group: int) -> list[Statement]:
    words = _NUMBERS.split()
    pairs = [(words[i + 5], words[i]) for i in range(len(words) - 5)]
    return _turned(topic, group, pairs, "{a} is more than {b}.")


_MAKERS = {
    "capitals": _capitals, "animals": _animals, "opposites": _opposites, "sizes": _sizes,
    "numbers": _numbers,
}  # fmt: skip
