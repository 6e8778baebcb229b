"""The head of a human figure: face, hair, ears, hat, and their keypoints."""
from typing import Callable

import numpy as np

from .figure import Body, Colour
from .looks import Look

FACES_CAMERA = 0.2  # sine of the minimum angle to the view at which features are painted
DARK = (38.0, 32.0, 34.0)
LIPS = (70.0, 60.0, 150.0)
WHITE = (245.0, 246.0, 246.0)


def add_head(body: Body, look: Look, centre: np.ndarray, turn: np.ndarray) -> None:
    """Adds a head and its keypoints.

    Args:
        body (Body): Receives the parts and keypoints.
        look (Look): Hair, skin and size.
        centre (np.ndarray): Centre of the head, (3, ).
        turn (np.ndarray): Rotation from the head's axes (left, down, forwards) to the
            body's, (3, 3).
    """
    r = look.head

    def at(left: float, down: float, forwards: float) -> np.ndarray:
        return centre + turn @ (r * np.array([left, down, forwards]))

    body.add('face', [at(0, -.15, 0), at(0, .45, .1)], [.85 * r, .56 * r], look.skin)
    _add_hair(body, look, at, turn[:, 2])
    for side, sign in (('left', 1), ('right', -1)):
        ear = at(.88 * sign, .06, 0)
        body.add(f'{side}_ear', [ear, at(.84 * sign, .2, 0)], [.19 * r, .13 * r],
                 _darker(look.skin, .93), bias=.12 * r)
        body.mark(f'{side}_ear', ear, [f'{side}_ear'])
        eye = at(.34 * sign, -.02, .78)
        body.mark(f'{side}_eye', eye, [f'{side}_eye'])
        if body.depth(turn @ np.array([.34 * sign, .05, .78])) > FACES_CAMERA:
            body.add(f'{side}_eye', [eye], [.125 * r], WHITE, limb='')
            body.add(f'{side}_eye', [at(.33 * sign, .0, .84)], [.08 * r], DARK, .1 * r, '')
            body.add('brow', [at(.18 * sign, -.27, .8), at(.48 * sign, -.28, .74)],
                     [.045 * r, .035 * r], _darker(look.hair, .8), .02 * r, '')
    body.mark('nose', at(0, .24, .97), ['nose'])
    if body.depth(turn[:, 2]) > -.1:
        body.add('nose', [at(0, .02, .8), at(0, .24, .95)], [.06 * r, .12 * r],
                 _darker(look.skin, .86), .12 * r, '')
    if body.depth(turn[:, 2]) > FACES_CAMERA:
        body.add('mouth', [at(-.2, .56, .68), at(0, .61, .74), at(.2, .56, .68)],
                 [.035 * r, .05 * r, .035 * r], _mix(look.skin, LIPS, .55), .1 * r, '')
    body.mark('mouth', at(0, .6, .72), ['mouth'])
    body.mark('chin', at(0, .9, .2), ['face'])
    body.mark('head', at(0, 0, 0), ['face', 'hair', 'nose'])
    body.mark('top_head', at(0, -.93, 0), ['face', 'hair', 'hat'])


def _add_hair(body: Body, look: Look, at: Callable[[float, float, float], np.ndarray],
              forwards: np.ndarray) -> None:
    r = look.head
    if look.hair_style != 'bald':
        body.add('hair', [at(0, -.24, -.14), at(0, .2, -.34)], [.93 * r, .62 * r],
                 look.hair)
        body.add('hair', [at(-.55, -.57, .2), at(.55, -.57, .2), at(-.3, -.85, 0),
                          at(.3, -.85, 0)], [.2 * r, .2 * r, .33 * r, .33 * r], look.hair,
                 .1 * r, 'fringe')
    if look.hair_style == 'long':
        body.add('hair', [at(-.3, -.1, -.3), at(.3, -.1, -.3), at(-.4, 1.5, -.4),
                          at(.4, 1.5, -.4)], [.62 * r, .62 * r, .34 * r, .34 * r],
                 look.hair, -.2 * body.depth(forwards), 'mane')
    if look.hair_style == 'bun':
        body.add('hair', [at(0, -.85, -.75)], [.42 * r], look.hair, 0, 'bun')
    if look.wears_hat:
        body.add('hat', [at(-.5, -.72, 0), at(.5, -.72, 0), at(0, -.85, .35),
                         at(0, -.8, -.5)], [.45 * r] * 4, look.hat, bias=.35 * r)
        body.add('hat', [at(-.45, -.5, .7), at(.45, -.5, .7), at(0, -.46, 1.25)],
                 [.12 * r] * 3, _darker(look.hat, .8), bias=.2 * r, limb='brim')


def _darker(colour: Colour, factor: float) -> Colour:
    return tuple(factor * c for c in colour)


def _mix(colour: Colour, other: Colour, share: float) -> Colour:
    return tuple((1 - share) * a + share * b for a, b in zip(colour, other))
