"""Finds pairs of left and right keypoints by their names."""
import re
from typing import List, Optional, Sequence, Tuple

SIDES = {'left': 'right', 'l': 'r', 'lft': 'rgt', 'lt': 'rt', 'lhs': 'rhs'}
"""Words for the left and right side, in lower case."""
OPPOSITE = {**SIDES, **{right: left for left, right in SIDES.items()}}
WORD = re.compile(r'[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[^A-Za-z]+')
"""Matches a word of a name: left_hand, left hand, leftHand, LEFT-HAND, hand.L."""


def mirrored_pairs(names: Sequence[str]) -> List[Tuple[str, str]]:
    """Pairs of names that differ only in left and right, the left one first.

    If no name has the same letter case, one in another letter case is used.

    Example:
        >>> mirrored_pairs(['nose', 'rightEye', 'leftEye', 'paw_l', 'paw_r'])
        [('leftEye', 'rightEye'), ('paw_l', 'paw_r')]
    """
    pairs: List[Tuple[str, str]] = []
    folded = {name.casefold(): name for name in names}
    for name in names:
        other = mirrored_name(name) or ''
        if other not in names:
            other = folded.get(other.casefold(), '')
        if other and is_left(name):
            pairs.append((name, other))
    return pairs


def mirrored_name(name: str) -> Optional[str]:
    """The name with left and right exchanged, None if it has no side."""
    words = WORD.findall(name)
    mirrored = [_like(OPPOSITE.get(word.lower(), word), word) for word in words]
    if mirrored != words:
        return ''.join(mirrored)
    for pattern in ('^(left|right)', '(left|right)$', '^([lr])(?=[a-z]{3})'):
        found = re.search(pattern, name, re.IGNORECASE)
        if found:  # written as one word: leftear, lankle
            side = found.group(1)
            start, end = found.span(1)
            return name[:start] + _like(OPPOSITE[side.lower()], side) + name[end:]
    return None


def is_left(name: str) -> bool:
    words = [word.lower() for word in WORD.findall(name)]
    sides = [word for word in words if word in OPPOSITE]
    return sides[0] in SIDES if sides else not re.search(
        '^(right|r)|right$', name, re.IGNORECASE) or bool(
        re.search('^left|left$', name, re.IGNORECASE))


def _like(word: str, model: str) -> str:
    """The word in the model's letter case."""
    if model.isupper():
        return word.upper()
    return word.capitalize() if model[:1].isupper() else word
