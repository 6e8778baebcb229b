"""Builds human figures: a skeleton in space with dressed limbs."""
from typing import Callable, List, Sequence

import numpy as np

from .figure import Body, Colour, Figure, rotation
from .head import add_head
from .looks import Look, sample_look
from .poses import Pose, limb_direction, sample_pose

# Lengths and radii in statures.
UPPER_ARM, FOREARM, HAND, THIGH, SHIN, NECK = 0.165, 0.145, 0.035, 0.245, 0.24, 0.285
FOOT_POINTS = (('heel', -.015), ('foot', .03), ('big_toe', .08), ('small_toe', .07))
BURIED = 0.05  # shoulders and hips farther behind the body's axis are hidden by the torso
FRONTAL = 0.55  # share of figures that roughly face the camera


def sample_human(rng: np.random.Generator, keypoints: Sequence[str], height: float,
                 roll: float) -> Figure:
    """Draws a person with random pose, look and direction, with the pelvis at 0, 0.

    Args:
        rng (np.random.Generator): Generator of the image.
        keypoints (Sequence[str]): Names of the body points that become keypoints, K.
        height (float): Stature, in pixels.
        roll (float): Rotation in the image plane, in degrees.
    """
    look, pose = sample_look(rng), sample_pose(rng)
    frontal = rng.random() < FRONTAL
    yaw = rng.normal(0, 35) if frontal else rng.uniform(-180, 180)
    view = rotation('z', roll) @ rotation('x', rng.uniform(0, 12)) @ rotation('y', yaw)
    gaze = (rotation('y', rng.normal(0, 18)) @ rotation('x', rng.normal(4, 8))
            @ rotation('z', rng.normal(0, 6)))
    figure = build_human(look, pose, view, gaze, keypoints, height)
    if pose.airborne:
        figure.lift = rng.uniform(0.05, 0.2) * height
    return figure


def build_human(look: Look, pose: Pose, view: np.ndarray, gaze: np.ndarray,
                keypoints: Sequence[str], height: float) -> Figure:
    """Builds the figure with a given look and pose.

    Args:
        look (Look): Clothes and proportions.
        pose (Pose): Angles of the limbs.
        view (np.ndarray): Rotation to the camera, (3, 3).
        gaze (np.ndarray): Rotation of the head relative to the body, (3, 3).
        keypoints (Sequence[str]): Names of the body points that become keypoints, K.
        height (float): Stature, in pixels.
    """
    body = Body(view)
    spine = rotation('x', pose.lean)
    w = look.width

    def trunk(left: float, up: float, forwards: float = 0.0) -> np.ndarray:
        return spine @ np.array([left, -up, forwards])

    _add_trunk(body, look, trunk)
    knees = [_add_leg(body, look, pose, side) for side in ('left', 'right')]
    if look.skirt:
        body.add('skirt', [trunk(0, .05), *knees], [.05 * w, .062 * w, .062 * w],
                 look.trousers, bias=.015)
    for side, sign in (('left', 1), ('right', -1)):
        _add_arm(body, look, pose, side, trunk(sign * look.shoulders, .25))
    add_head(body, look, trunk(0, NECK + 1.3 * look.head, .02), spine @ gaze)
    return body.figure(keypoints, height)


def _add_trunk(body: Body, look: Look, trunk: Callable[..., np.ndarray]) -> None:
    w, inner, hip = look.width, look.shoulders - .02, look.hips
    body.add('neck', [trunk(0, .25), trunk(0, NECK + .04, .01)], [.034, .03], look.skin,
             -.02)
    body.add('pelvis', [trunk(-hip, .02), trunk(hip, .02)], [.053 * w] * 2, look.trousers,
             -.06)
    corners = [trunk(-inner, .245), trunk(inner, .245), trunk(0, .265), trunk(-.036, .1),
               trunk(.036, .1), trunk(-hip, .02), trunk(hip, .02)]
    body.add('torso', corners, [.038, .038, .042, .048 * w, .048 * w, .048 * w, .048 * w],
             look.shirt)
    if look.stripes:
        for up in (.07, .125, .18):
            out = .02 + .048 * w + max(0, up - .1) * (inner + .002 - .048 * w) / .145
            body.add('torso', [trunk(-out, up), trunk(out, up), trunk(0, up, .04),
                               trunk(0, up, -.04)], [.012] * 4, look.print, .001, '',
                     np.mean(corners, axis=0))
    for name, up in (('pelvis', 0), ('spine', .13), ('thorax', .24), ('neck', NECK - .015)):
        body.mark(name, trunk(0, up), ['torso', 'neck', 'pelvis', 'skirt'])


def _add_leg(body: Body, look: Look, pose: Pose, side: str) -> np.ndarray:
    """Adds a leg; returns the point on the thigh where a skirt ends."""
    w, sign = look.width, 1 if side == 'left' else -1
    angles = pose.limbs[f'{side}_shin']
    hip = np.array([sign * look.hips, 0, 0])
    down = limb_direction(angles, side)
    knee = hip + THIGH * limb_direction(pose.limbs[f'{side}_thigh'], side)
    ankle = knee + SHIN * down
    toe = limb_direction((angles[0] + 8, angles[1] + 78), side)
    _add_limb(body, [f'{side}_thigh', f'{side}_shin'], [hip, knee, ankle],
              [.052 * w, .037 * w, .024 * w], look.skin, look.trousers, look.legs, -.05)
    heel = ankle + .028 * down
    body.add(f'{side}_foot', [heel - .012 * toe, heel + .075 * toe], [.022, .017],
             look.shoes, -.05)
    thigh, shin, foot = f'{side}_thigh', f'{side}_shin', f'{side}_foot'
    _mark_root(body, f'{side}_hip', hip, [thigh, 'skirt'], ['torso', 'pelvis'])
    body.mark(f'{side}_knee', knee, [thigh, shin])
    body.mark(f'{side}_ankle', ankle, [shin, foot])
    for name, along in FOOT_POINTS:
        body.mark(f'{side}_{name}', heel + along * toe, [foot])
    return hip + .62 * (knee - hip)


def _add_arm(body: Body, look: Look, pose: Pose, side: str, shoulder: np.ndarray) -> None:
    w, angles = look.width, pose.limbs[f'{side}_forearm']
    elbow = shoulder + UPPER_ARM * limb_direction(pose.limbs[f'{side}_upper_arm'], side)
    wrist = elbow + FOREARM * limb_direction(angles, side)
    hand = wrist + HAND * limb_direction(angles, side)
    upper, fore = f'{side}_upper_arm', f'{side}_forearm'
    _add_limb(body, [upper, fore], [shoulder, elbow, wrist],
              [.036 * w, .028 * w, .019 * w], look.skin, look.shirt, look.sleeves, .02)
    body.add(f'{side}_hand', [wrist, hand], [.019, .022], look.skin, .02)
    _mark_root(body, f'{side}_shoulder', shoulder, [upper], ['torso'])
    body.mark(f'{side}_elbow', elbow, [upper, fore])
    body.mark(f'{side}_wrist', wrist, [fore, f'{side}_hand'])
    body.mark(f'{side}_hand', hand, [f'{side}_hand'])


def _add_limb(body: Body, names: List[str], joints: List[np.ndarray], radii: List[float],
              skin: Colour, cloth: Colour, covered: float, bias: float) -> None:
    """Adds two segments; cloth covers the first ``covered`` segments."""
    limb = names[0]
    for i, name in enumerate(names):
        ends, sizes = np.array(joints[i:i + 2]), np.array(radii[i:i + 2])
        share = min(max(covered - i, 0), 1)
        if share < 1:
            body.add(name, ends, sizes, skin, bias, limb)
        if share > 0:
            hem = ends[0] + share * (ends[1] - ends[0])
            width = sizes[0] + share * (sizes[1] - sizes[0])
            body.add(name, [ends[0], hem], [sizes[0] + .006, width + .006], cloth,
                     bias + .002, limb, ends.mean(axis=0))


def _mark_root(body: Body, name: str, position: np.ndarray, limb: List[str],
               torso: List[str]) -> None:
    """Marks a shoulder or hip, also on the torso unless it is on its far side."""
    depth = body.depth(position * np.array([1, 0, 0]))
    body.mark(name, position, limb + (torso if depth > -BURIED else []))
