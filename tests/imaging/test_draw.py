import numpy as np

from erpose.imaging.draw import draw
from erpose.imaging.people import People

SKELETON = [(0, 1), (1, 2)]
COLOURS = [(255, 0, 0), (0, 255, 0), (0, 0, 255)]  # RGB


def one(keypoints, visibilities=(1, 1, 1)):
    keypoints = np.array([keypoints], np.float32)
    return People(keypoints, np.array([visibilities], np.float32),
                  np.array([0.5], np.float32),
                  np.concatenate([keypoints.min(1), keypoints.max(1)], 1))


def drawn(people):
    return draw(np.zeros((200, 200, 3), np.uint8), people, SKELETON, COLOURS)


def test_keypoints_and_limbs_have_their_colours_in_bgr():
    image = drawn(one([(50, 100), (100, 100), (150, 100)]))
    assert image[100, 50].tolist() == [0, 0, 255]  # red
    assert image[100, 150].tolist() == [255, 0, 0]
    first, second = image[100, 75], image[100, 125]  # thin lines, smoothed
    assert first[1] > 0 and first[0] == first[2] == 0  # a limb has the colour of its end
    assert second[0] > 0 and second[1] == second[2] == 0
    assert not image[150:].any()


def test_what_is_not_seen_is_not_drawn():
    image = drawn(one([(50, 100), (100, 100), (150, 100)], [1, 1, 0.2]))
    assert image[100, 75].any()
    assert not image[100, 110:].any()
    assert not drawn(one([(50, 100)] * 3, [0, 0, 0])).any()


def test_score_is_written_above():
    image = drawn(one([(50, 100), (100, 100), (150, 100)]))
    assert (image[80:97] > 200).all(-1).any()  # white digits, smoothed


def test_ids_are_written_before_the_score():
    person = one([(50, 100), (100, 100), (150, 100)])
    numbered = drawn(person.replace(ids=np.array([12])))
    assert (numbered[80:97] > 200).sum() > 1.3 * (drawn(person)[80:97] > 200).sum()
    assert (drawn(person.replace(ids=np.array([-1]))) == drawn(person)).all()


def test_the_best_is_on_top_and_the_image_is_left_alone():
    a, b = one([(50, 100), (50, 100), (50, 100)]), one([(50, 100), (20, 100), (20, 20)])
    both = People(*(np.concatenate([getattr(one, name) for one in (a, b)])
                    for name in ('keypoints', 'visibilities', 'scores', 'boxes')))
    image = np.zeros((200, 200, 3), np.uint8)
    assert draw(image, both, SKELETON, COLOURS)[100, 50].tolist() == [255, 0, 0]
    assert not image.any()


def test_points_far_outside_do_no_harm():
    image = drawn(one([(50, 100), (1e12, 100), (-1e12, np.inf)]))
    assert image[100, 50].any() and not image[100, 60:].any()
