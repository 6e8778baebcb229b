"""Image names that other tools and systems wrote."""
import unicodedata

import pytest

from erpose.annotations.image_paths import find_images

NFC, NFD = (unicodedata.normalize(form, 'Zürich é.jpg') for form in ('NFC', 'NFD'))
FOUND = [
    # file in the folder, name in the annotation file
    ('1.jpg', '1.jpg'),
    ('1.jpg', 'images\\1.jpg'),
    ('1.jpg', 'images/1.jpg'),
    ('a/1.jpg', 'a\\1.jpg'),
    ('a/b/1.jpg', 'x\\a\\b\\1.jpg'),
    ('1.jpg', '..\\..\\upload\\1.jpg'),
    ('1.jpg', 'C:\\x\\1.jpg'),
    ('1.jpg', 'D:/x/1.jpg'),
    ('1.jpg', '\\\\server\\share\\1.jpg'),
    ('1.jpg', '/home/somebody/1.jpg'),
    ('1.jpg', 'https://host/upload/1.jpg?token=3#top'),
    ('1.jpg', '/data/local-files/?d=images/1.jpg'),
    ('1.jpg', '1.JPG'),
    ('IMG_1.JPG', 'img_1.jpg'),
    ('A/1.jpg', 'a/1.jpg'),
    ('a b.jpg', 'a%20b.jpg'),
    ('a%20b.jpg', 'a b.jpg'),
    ('é.jpg', '%C3%A9.jpg'),
    (NFC, NFD),
    (NFD, NFC),
    ('a/1.jpg', '1.jpg'),
    ('1.jpg', ' 1.jpg '),
    ('train2017/1.jpg', 'train/1.jpg'),
    ('50%.jpg', 'x\\50%.jpg'),
]


def files(folder, *names):
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b'')


def find(folder, *names):
    return find_images([dict(id=i, file_name=n) for i, n in enumerate(names)], str(folder))


@pytest.mark.parametrize('there, name', FOUND)
def test_found_whoever_wrote_the_name(tmp_path, there, name):
    files(tmp_path, there)
    found = find(tmp_path, name)
    assert found.paths == {0: str(tmp_path / there)} and not found.missing
    assert bool(found.renamed) == (there != name)


@pytest.mark.parametrize('there, name', [
    (['1.jpg'], '2.jpg'), (['1.jpg'], '11.jpg'), ([], '1.jpg'), (['1.jpg'], ''),
    (['1.jpg'], '\0'), (['val/1.jpg'], 'train\\1.jpg'), (['a/1.jpg', 'b/1.jpg'], 'c/1.jpg'),
])
def test_not_found(tmp_path, there, name):
    files(tmp_path, *there)
    found = find(tmp_path, name)
    assert not found.paths and len(found.missing) == 1
    assert bool(found.ambiguous) == (len(there) > 1)


def test_folders_tell_namesakes_apart(tmp_path):
    files(tmp_path, 'a/1.jpg', 'b/1.jpg')
    found = find(tmp_path, 'x\\a\\1.jpg', 'x\\b\\1.jpg')
    assert found.paths == {0: str(tmp_path / 'a/1.jpg'), 1: str(tmp_path / 'b/1.jpg')}


def test_one_file_is_not_two_images(tmp_path):
    files(tmp_path, '1.jpg')
    found = find(tmp_path, 'a/1.jpg', 'b/1.jpg')
    assert not found.paths and len(found.missing) == len(found.ambiguous) == 2
    found = find(tmp_path, '1.jpg', 'b/1.jpg')
    assert found.paths == {0: str(tmp_path / '1.jpg')} and len(found.missing) == 1


def test_the_folder_s_own_name_counts(tmp_path):
    files(tmp_path, 'images/1.jpg', 'images/old/1.jpg')
    assert find(tmp_path / 'images', 'images\\1.jpg').paths[0] == str(
        tmp_path / 'images/1.jpg')


def test_letter_case_tells_namesakes_apart(tmp_path):
    files(tmp_path, '1.JPG', '1.jpg')
    if len(list(tmp_path.iterdir())) < 2:
        pytest.skip('the file system does not tell them apart')
    assert find(tmp_path, 'x\\1.JPG').paths[0] == str(tmp_path / '1.JPG')
