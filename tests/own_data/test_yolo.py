"""A training reads YOLO-pose data sets of all layouts."""
import json
import re
from pathlib import Path

import pytest
from own_toys import pictures, poses

from toys import NAMES

ROW = '0 0.5 0.5 0.5 0.5 0.25 0.25 2 0.5 0.25 1 0.5 0.75 2'
POINTS = [[16, 12], [32, 12], [32, 36]]  # of 64x48 pixels
YAML = 'path: .\ntrain: images/train\nval: images/val\nkpt_shape: [3, 3]\nnames: [toy]\n'


def write(root, yaml=YAML, rows=ROW, train='images/train', val='images/val', number=4):
    """A data set of as many images to train on and half of it to validate on."""
    (root / 'data.yaml').write_text(yaml)
    for folder, count in ((train, number), (val, number // 2)):
        for i in range(1, count + 1):
            image = root / folder / f'{i}.jpg'
            pictures(image)
            labels = Path(*['labels' if p == 'images' else p for p in image.parts])
            labels.parent.mkdir(parents=True, exist_ok=True)
            labels.with_suffix('.txt').write_text(rows + '\n')


def usual(root):
    write(root)


def class_by_number_and_names_of_keypoints(root):
    write(root, 'train: images/train\nval: images/val\nkpt_shape: [3, 3]\n'
                f'names: {{0: toy}}\nkpt_names: {{0: {NAMES}}}\nflip_idx: [0, 1, 2]\n')
    return dict(names=NAMES, flips=[0, 2, 1])


def without_visibilities(root):
    write(root, YAML.replace('[3, 3]', '[3, 2]'),
          '0 0.5 0.5 0.5 0.5 0.25 0.25 0.5 0.25 0 0')
    return dict(points=POINTS[:2])


def roboflow(root):
    """Paths from a missing folder; sub-folders in the other order."""
    write(root, 'train: ../train/images\nval: ../valid/images\nkpt_shape: [3, 3]\n'
                "flip_idx: [0, 1, 2]\nnc: 1\nnames: ['toy']\nroboflow: {version: 1}\n",
          train='train/images', val='valid/images')


def windows(root):
    write(root, 'path: C:\\Users\\me\\toys\ntrain: C:\\Users\\me\\toys\\images\\train\n'
                'val: images\\val\nkpt_shape: [3, 3]\nnames: {"0": toy}\n')


def of_another_machine(root):
    write(root, YAML.replace('path: .', 'path: ../datasets/toys'))


def lists_of_files(root):
    write(root, YAML.replace('images/train', 'train.txt').replace('images/val', 'val.txt'))
    (root / 'train.txt').write_text('\n'.join([
        './images/train/1.jpg', 'images\\train\\2.jpg', str(root / 'images/train/3.jpg'),
        'D:\\toys\\images\\train\\4.jpg', '']))
    (root / 'val.txt').write_text('./images/val/1.jpg\n./images/val/2.jpg\n')


def several_folders(root):
    write(root, YAML.replace('images/train', '[images/a, images/b]'), train='images/a',
          number=2)
    write(root, YAML.replace('images/train', '[images/a, images/b]'), train='images/b',
          number=2)
    return dict(sizes=(4, 1))


def labels_beside_the_images(root):
    write(root, 'train: a\nval: b\nkpt_shape: [3, 3]\nnames: [toy]\n', train='a', val='b')


def deep_folders(root):
    write(root, YAML, train='images/train/monday', val='images/val/images/noon')
    (root / 'labels/val').rename(root / 'wrong')  # the last folder "images" counts
    (root / 'images/val/labels').mkdir()
    (root / 'wrong/labels/noon').rename(root / 'images/val/labels/noon')


def no_validation(root):
    write(root, YAML.replace('val: images/val\n', ''), number=20)
    return dict(sizes=(18, 2))


def coco_without_names(root):
    from erpose.own_data.keypoints import COCO_FLIPS, COCO_SIGMAS
    write(root, YAML.replace('[3, 3]', f'[17, 3]\nflip_idx: {COCO_FLIPS}'),
          ROW + ' 0 0 0' * 14)
    return dict(names=list(COCO_SIGMAS), flips=COCO_FLIPS)


def other_classes(root):
    """Boxes of another class, some without zeros for keypoints."""
    write(root, YAML.replace('[toy]', '[ball, toy]'),
          '0 0.1 0.1 0.1 0.1\n0 0.1 0.1 0.1 0.1' + ' 0' * 9 + '\n1' + ROW[1:])


def a_chosen_class(root):
    write(root, YAML.replace('[toy]', '[doll, toy]'),
          ROW.replace('0.25 0.25 2', '0.3 0.3 2') + '\n1' + ROW[1:])
    return dict(words=['--category', 'toy'])


def classes_together(root):
    write(root, YAML.replace('[toy]', '[doll, toy]'), '1' + ROW[1:] + '\n')
    (root / 'labels/train/1.txt').write_text(ROW)
    return dict(words=['--category', 'toy', '--category', '0'])


def spaces_and_byte_order_marks(root):
    write(root)
    (root / 'labels/train/1.txt').write_text(
        '\n' + ROW.replace('0 ', ' 0.0\t', 1) + ' \r\n\n', encoding='utf-8-sig')


@pytest.mark.parametrize('variant', [
    usual, class_by_number_and_names_of_keypoints, without_visibilities, roboflow, windows,
    of_another_machine, lists_of_files, several_folders, labels_beside_the_images,
    deep_folders, no_validation, coco_without_names, other_classes, a_chosen_class,
    classes_together, spaces_and_byte_order_marks], ids=lambda v: v.__name__)
def test_variants(variant, init):
    root = init.folder / 'toys'
    root.mkdir()
    expected = variant(root) or {}
    before = {path: path.read_bytes() for path in root.rglob('*') if path.is_file()}
    assert init(root, *expected.get('words', ())) == 0, init.error
    train, val = init.load()
    assert (len(train), len(val)) == expected.get('sizes', (4, 2))
    assert poses(train, val) == [expected.get('points', POINTS)] * (len(train) + len(val))
    names = expected.get('names', ['keypoint_1', 'keypoint_2', 'keypoint_3'])
    assert list(train.metainfo['keypoint_name2id']) == names
    assert train.metainfo['flip_indices'] == expected.get('flips', [0, 1, 2])
    assert not train.report.text and 'broken' not in init.said
    assert before == {path: path.read_bytes() for path in root.rglob('*') if path.is_file()}


def test_converted_annotations(init):
    write(init.folder, rows='0 0.5 0.5 0.5 1.02 0.25 0.25 2 0 0 0 0.5 0.75 1')
    assert init('data.yaml') == 0
    content = json.loads((init.folder / 'out/annotations/val.json').read_text())
    assert content['images'][0] == dict(id=1, file_name='1.jpg', width=64, height=48)
    assert content['annotations'][0] == dict(
        id=1, image_id=1, category_id=1, iscrowd=0, bbox=[16, 0, 32, 48],
        area=round(0.53 * 32 * 48, 2), num_keypoints=2,
        keypoints=[16, 12, 2, 0, 0, 0, 32, 36, 1])
    assert content['categories'][0]['name'] == 'toy'


def test_images_without_labels_show_nobody(init):
    write(init.folder)
    (init.folder / 'labels/train/1.txt').unlink()
    (init.folder / 'labels/train/2.txt').write_text('')
    assert init('.') == 0
    assert '2 images without annotations are used as negatives' in init.said
    assert len(init.load()[0]) == 4 and init.config().train_dataloader.batch_size == 2


@pytest.mark.parametrize('row, said', [
    ('0 0.5 0.5', '3 values, expected 14'),
    (ROW + ' 1', '15 values, expected 14: .* 4 for the box, 3 x 3'),
    (ROW.replace('0.25', 'x'), "'0 0.5 .*' is not a row of numbers"),
    (ROW.replace('0.5 0.5', '320 240', 1), 'box 320 240 0.5 0.5 is not centre'),
    (ROW.replace('0.5 0.5 0.5 0.5', '0.5 0.5 0 0'), 'box 0.5 0.5 0 0 is not'),
    (ROW.replace('0.25 2', '0.25 0.9', 1), 'visibility 0.9, expected 0, 1 or 2'),
    (ROW.replace('0.25 0.25 2', '16 12 2'), 'keypoint 16 12 is not relative'),
    (ROW.replace('0.25 0.25 2', '0.5 nan 2'), 'keypoint 0.5 nan is not'),
    ('1' + ROW[1:], 'class 1 is not in names'),
    ('0.5' + ROW[1:], 'class 0.5'),
    ('-1' + ROW[1:], 'class -1'),
], ids=lambda v: v[:40])
def test_a_broken_row_is_named_and_skipped(row, said, init):
    write(init.folder)
    (init.folder / 'labels/train/1.txt').write_text(f'{ROW}\n{row}\n')
    (init.folder / 'labels/train/2.txt').write_text(row)  # its image is not a negative
    assert init('.') == 0
    assert 'skipped 2 broken rows' in init.said
    assert re.search(rf'labels/train/1.txt:2: .*{said}', init.said)
    train, val = init.load()
    assert len(train) == 3 and poses(train, val) == [POINTS] * 5
    for path in init.folder.glob('labels/train/*.txt'):
        path.write_text(row)
    assert init('.', '--force') == 1
    assert re.search(rf'all 4 rows .* broken.*{said}', init.error)


def yaml(before, after):
    return lambda root: write(root, YAML.replace(before, after))


@pytest.mark.parametrize('make, words, said', [
    (yaml('kpt_shape: [3, 3]\n', ''), [], r'has no kpt_shape. Expected .*: \[K, 3\]'),
    (yaml('[3, 3]', '[3, 4]'), [], r'kpt_shape: \[3, 4\]'),
    (yaml('[3, 3]', '[3, 3]\nflip_idx: [0, 1]'), [], r'flip_idx is \[0, 1\], expected'),
    (yaml('[3, 3]', '[3, 3]\nflip_idx: [1, 2, 0]'), [], 'mirror image'),
    (yaml('[3, 3]', '[3, 3]\nflip_idx: ["0", "1", "2"]'), [], 'flip_idx is'),
    (yaml('path: .', 'path: "C:\\Users"'), [], 'is not YAML: .* Write paths with /'),
    (yaml('train: images/train\n', ''), [], 'no entry "train". Add train: images/train'),
    (yaml('images/train', 'images/none'), [], 'images/none is not in .* --images'),
    (yaml('images/train', 'data.yaml'), [], 'neither a folder of images nor a .txt'),
    (lambda root: write(root, 'a list'), [], 'does not describe a YOLO data set'),
    (lambda root: write(root, rows='0 0.5 0.5 0.5 0.5'), [], 'no row .* labelled keypoint'),
    (lambda root: (write(root), [p.unlink() for p in root.glob('labels/*/*.txt')]), [],
     'none of the 4 images has a label file. .*1.jpg must be .*labels/train/1.txt'),
    (lambda root: (write(root), [p.unlink() for p in root.glob('images/train/*')]), [],
     'images/train contains no images'),
    (lambda root: write(root, YAML.replace('[toy]', '[toy, doll]'), ROW + '\n1' + ROW[1:]),
     [], "in 2 classes: 'toy' with 4 .* 'doll' with 4 .*--category 'toy'"),
    (write, ['--category', 'cat'], "no class 'cat' with keypoints: choose one of 'toy'"),
    (lambda root: (write(root), (root / 'val.txt').write_text('a.jpg\nb.jpg')),
     ['--val', 'val.txt'], '2 of the 2 images of .*val.txt do not exist'),
    (lambda root: (write(root), [p.write_text('') for p in root.glob('labels/val/*')]), [],
     r'\(val\) has nothing to test on'),
])
def test_errors(make, words, said, init):
    make(init.folder)
    assert init('data.yaml', *words) == 1
    assert re.search(said, init.error) and len(init.error.splitlines()) == 1
    assert not (init.folder / 'out').exists()


def test_the_folder_of_the_data_set_can_be_named(init):
    root = init.folder / 'elsewhere'
    root.mkdir()
    write(root)
    (root / 'data.yaml').rename(init.folder / 'data.yaml')
    assert init('data.yaml') == 1
    assert init('data.yaml', '--images', root) == 0 and len(init.load()[0]) == 4
    assert init('data.yaml', '--images', root, '--val', root / 'images/train',
                '--force') == 0
    assert '4 images are in both the training and the validation set' in init.said
