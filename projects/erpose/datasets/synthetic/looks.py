"""Samples clothes and proportions of the figures."""
from dataclasses import dataclass
from typing import List

import numpy as np

from .figure import Colour


def bgr(code: str) -> Colour:
    """Converts 'rrggbb' to BGR."""
    return tuple(float(int(code[i:i + 2], 16)) for i in (4, 2, 0))


SKIN = [bgr(code) for code in ('f6d7c3', 'efc4a4', 'e3ae88', 'd09a72', 'b97f58', '9a6644',
                               '7c4f34', '5d3a29', '46302a')]
HAIR = [bgr(code) for code in ('1f1a1b', '2e2320', '4a3022', '6d4428', '94602f', 'c99d57',
                               'e2c789', '9c3f22', '8d8b8c', 'd4d1cd')]
CLOTHES = [bgr(code) for code in (
    'e4572e', 'f3a712', '2a9d8f', '264653', 'e9c46a', '669bbc', 'c1121f', 'f4f1de',
    '81b29a', '3d405b', 'e07a5f', '5e548e', 'b56576', '457b9d', 'a8dadc', '6a994e',
    'f2cc8f', 'd4a5a5', '1d3557', 'ffffff', '8ecae6', 'ffb703', '588157', '9d4edd')]
TROUSERS = [bgr(code) for code in (
    '2b3a55', '33415c', '1f2430', '5c677d', '6b705c', '8a7a66', 'b8a88a', '3a5a78',
    '4a4e69', '7f5539', '22333b', 'd6ccc2')]
SHOES = [bgr(code) for code in ('f5f5f5', '222222', '6f4518', 'c1121f', '3a86ff', 'adb5bd')]


@dataclass
class Look:
    """Colours, clothes and proportions of a person; lengths in statures."""

    skin: Colour
    hair: Colour
    shirt: Colour
    trousers: Colour
    shoes: Colour
    hat: Colour
    print: Colour
    hair_style: str  # 'short', 'long', 'bun' or 'bald'
    sleeves: float  # share of the arm, 0 to 2: 1 ends at the elbow
    legs: float  # share of the leg, 0 to 2: 1 ends at the knee
    skirt: bool
    stripes: bool
    wears_hat: bool
    head: float
    shoulders: float
    hips: float
    width: float


def sample_look(rng: np.random.Generator) -> Look:
    """Draws random clothes and proportions of a person."""
    skirt = rng.random() < 0.15
    child = rng.random() < 0.15
    return Look(
        skin=_vary(rng, SKIN, 5),
        hair=_vary(rng, HAIR, 5),
        shirt=_vary(rng, CLOTHES, 12),
        trousers=_vary(rng, CLOTHES if skirt or rng.random() < 0.2 else TROUSERS, 10),
        shoes=_vary(rng, SHOES, 8),
        hat=_vary(rng, CLOTHES, 8),
        print=_vary(rng, CLOTHES, 8),
        hair_style=str(rng.choice(['short', 'long', 'bun', 'bald'], p=[.55, .3, .1, .05])),
        sleeves=rng.choice([0.25, 0.6, 1.0, 2.0], p=[.1, .45, .1, .35]),
        legs=0.35 if skirt else rng.choice([0.75, 1.45, 2.0], p=[.2, .1, .7]),
        skirt=skirt,
        stripes=rng.random() < 0.25,
        wears_hat=rng.random() < 0.15,
        head=rng.uniform(0.083, 0.092) if child else rng.uniform(0.070, 0.078),
        shoulders=rng.uniform(0.08, 0.09) if child else rng.uniform(0.088, 0.108),
        hips=rng.uniform(0.046, 0.06),
        width=rng.uniform(0.88, 1.2))


def _vary(rng: np.random.Generator, palette: List[Colour], amount: float) -> Colour:
    colour = np.add(palette[rng.integers(len(palette))], rng.uniform(-amount, amount, 3))
    return tuple(np.clip(colour, 0, 255).tolist())
