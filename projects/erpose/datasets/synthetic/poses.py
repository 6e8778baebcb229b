"""Samples plausible human poses, as angles of the limbs."""
from dataclasses import dataclass
from typing import Any, Dict, Tuple

import numpy as np

Range = Tuple[float, float]
Ranges = Tuple[Range, Range]

# Ranges in degrees. `arm` and `thigh` are (abduction, flexion), 0 hanging down; `elbow` is
# added to both angles of the arm to get the forearm; `knee` bends the shin backwards.
STATIC: Dict[str, Dict[str, Any]] = dict(
    stand=dict(arm=((5, 16), (-12, 15)), elbow=((-10, 3), (5, 35)),
               thigh=((2, 8), (-4, 5)), knee=(0, 8), lean=(-2, 4)),
    hands_on_hips=dict(arm=((42, 54), (-20, 0)), elbow=((-105, -90), (5, 30)),
                       thigh=((3, 10), (-4, 5)), knee=(0, 8), lean=(-4, 4)),
    folded_arms=dict(arm=((8, 16), (15, 30)), elbow=((-95, -75), (20, 45)),
                     thigh=((3, 8), (-4, 5)), knee=(0, 8), lean=(-4, 2)),
    arms_up=dict(arm=((120, 165), (-10, 15)), elbow=((-10, 30), (0, 10)),
                 thigh=((3, 12), (-4, 5)), knee=(0, 10), lean=(-5, 2)),
    star=dict(arm=((70, 110), (-8, 12)), elbow=((-10, 40), (0, 10)),
              thigh=((14, 28), (-3, 6)), knee=(0, 12), lean=(-4, 4)),
    reach=dict(arm=((-5, 15), (55, 110)), elbow=((-5, 5), (0, 30)),
               thigh=((3, 9), (-8, 12)), knee=(0, 20), lean=(0, 14)),
    jump=dict(arm=((95, 160), (-10, 30)), elbow=((-10, 30), (0, 15)),
              thigh=((8, 28), (0, 45)), knee=(25, 95), lean=(-6, 8)),
    squat=dict(arm=((5, 20), (35, 75)), elbow=((-15, 0), (10, 60)),
               thigh=((10, 28), (75, 100)), knee=(95, 120), lean=(14, 30)),
    sit=dict(arm=((6, 20), (20, 60)), elbow=((-15, 5), (10, 40)),
             thigh=((4, 18), (122, 140)), knee=(62, 92), lean=(-14, 4)))
GAITS: Dict[str, Dict[str, Range]] = dict(
    walk=dict(swing=(14, 28), elbow=(8, 40), front_knee=(2, 14), back_knee=(8, 34),
              lean=(0, 6)),
    run=dict(swing=(30, 52), elbow=(65, 105), front_knee=(25, 70), back_knee=(45, 95),
             lean=(6, 16)))
FREQUENCIES = dict(stand=5, hands_on_hips=2, folded_arms=1.5, arms_up=2, star=1.5,
                   reach=1.5, jump=1.5, squat=1, sit=1.5, walk=5, run=3)
MIXED_ARMS = 0.25  # share of poses with one arm of another pose


@dataclass
class Pose:
    """Angles in degrees.

    Attributes:
        limbs (dict): (abduction, flexion) by name, such as 'left_forearm': 0, 0 hangs down,
            abduction is away from the body, flexion forwards.
        lean (float): Forward lean of the upper body.
        airborne (bool): Whether the figure may float above the ground.
    """

    limbs: Dict[str, Tuple[float, float]]
    lean: float
    airborne: bool


def sample_pose(rng: np.random.Generator) -> Pose:
    """Draws a random pose: standing, walking, running, jumping, sitting ..."""
    kinds = list(FREQUENCIES)
    odds = np.array(list(FREQUENCIES.values()))
    kind = kinds[rng.choice(len(kinds), p=odds / odds.sum())]
    pose = _gait(rng, **GAITS[kind]) if kind in GAITS else _static(rng, **STATIC[kind])
    pose.airborne = kind == 'jump'
    if rng.random() < MIXED_ARMS:
        side = ('left', 'right')[rng.integers(2)]
        other = STATIC[list(STATIC)[rng.integers(len(STATIC))]]
        pose.limbs.update(_arm(rng, side, other['arm'], other['elbow']))
    return pose


def limb_direction(angles: Tuple[float, float], side: str) -> np.ndarray:
    """Direction (3, ) of a limb: x to the figure's left, y down, z forwards."""
    abduction, flexion = np.deg2rad(angles)
    out = np.sin(abduction) if side == 'left' else -np.sin(abduction)
    return np.array([out, np.cos(abduction) * np.cos(flexion),
                     np.cos(abduction) * np.sin(flexion)])


def _static(rng: np.random.Generator, arm: Ranges, elbow: Ranges, thigh: Ranges,
            knee: Range, lean: Range) -> Pose:
    limbs = {}
    for side in ('left', 'right'):
        limbs.update(_arm(rng, side, arm, elbow))
        abduction, flexion = (rng.uniform(*bounds) for bounds in thigh)
        limbs[f'{side}_thigh'] = (abduction, flexion)
        limbs[f'{side}_shin'] = (0.3 * abduction, flexion - rng.uniform(*knee))
    return Pose(limbs, rng.uniform(*lean), False)


def _arm(rng: np.random.Generator, side: str, arm: Ranges,
         elbow: Ranges) -> Dict[str, Tuple[float, float]]:
    upper = rng.uniform(*arm[0]), rng.uniform(*arm[1])
    lower = upper[0] + rng.uniform(*elbow[0]), upper[1] + rng.uniform(*elbow[1])
    return {f'{side}_upper_arm': upper, f'{side}_forearm': lower}


def _gait(rng: np.random.Generator, swing: Range, elbow: Range, front_knee: Range,
          back_knee: Range, lean: Range) -> Pose:
    """Pose of a gait: legs in opposite phase, each arm in phase with the other leg."""
    limbs = {}
    reach = rng.uniform(*swing) * rng.choice([-1, 1])
    for side, leg in (('left', reach), ('right', -reach)):
        knee = rng.uniform(*(front_knee if leg > 0 else back_knee))
        out = rng.uniform(0, 5)
        limbs[f'{side}_thigh'] = (out, leg + rng.uniform(-4, 4))
        limbs[f'{side}_shin'] = (0, limbs[f'{side}_thigh'][1] - knee)
        arm = (rng.uniform(4, 14), -leg * rng.uniform(0.7, 1.1))
        limbs[f'{side}_upper_arm'] = arm
        limbs[f'{side}_forearm'] = (arm[0] - rng.uniform(0, 20),
                                    arm[1] + rng.uniform(*elbow))
    return Pose(limbs, rng.uniform(*lean), False)
