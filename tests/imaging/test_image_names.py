"""Names of one image, as tools and operating systems write them."""
import pytest

from erpose.imaging.image_names import base_name, name_parts


@pytest.mark.parametrize('name', [
    'Train/Über 1.jpg', './train//Über 1.jpg', '/train/Über 1.jpg', 'train\\Über 1.jpg',
    'C:\\train\\Über 1.jpg', '../train/ÜBER 1.JPG', 'train/U\u0308ber 1.jpg',
    'train/%C3%9Cber%201.jpg', '/data/local-files/?d=train/%C3%9Cber%201.jpg',
    ' train/Über 1.jpg\n'])
def test_all_are_one_image(name):
    assert name_parts(name) == ['train', 'über 1.jpg']


@pytest.mark.parametrize('name', [
    'https://host/a/1.jpg', 'https://host/a/1.jpg?size=2', 'https://host/a/1.jpg#top'])
def test_urls_lose_query_and_fragment(name):
    assert name_parts(name)[-2:] == ['a', '1.jpg']


def test_letters_whose_lower_case_is_several_characters():
    assert name_parts('\u0390.jpg') == name_parts('\u03aa\u0301.jpg')


def test_a_file_keeps_what_would_be_the_query_of_a_url():
    assert name_parts('a/what?.jpg') == ['a', 'what?.jpg']


@pytest.mark.parametrize('name', ['', '.', '/', 'C:\\'])
def test_there_is_always_a_part(name):
    assert name_parts(name) == ['']


def test_base_name_keeps_the_spelling():
    assert base_name('a\\b/Über%201.JPG') == 'Über%201.JPG'
