"""Which images of an annotation file are there, and have the stated size."""
from collections import Counter
from typing import Dict, List

from .annotation_report import AnnotationReport
from .image_paths import FoundImages, find_images
from .image_sizes import read_header, refuse_wrong_sizes, size_mismatches


def usable_images(images: List[dict], folder: str, report: AnnotationReport,
                  remedy: str = 'Check data_root and data_prefix') -> Dict[int, dict]:
    """Finds the files of images and compares their sizes with the stated ones.

    Args:
        images (list[dict]): With ``id`` and ``file_name``, perhaps ``width`` and
            ``height``.
        folder (str): Of the images.
        report (AnnotationReport): Of the annotation file; receives what is not usable.
        remedy (str): Of the error if no image is there.

    Returns:
        dict[int, dict]: By id: the entries with ``img_id``, ``img_path``, ``width`` and
        ``height``, in pixels.

    Raises:
        FileNotFoundError: If there are images and none of their files is there.
        ValueError: If too many have another size than stated.
    """
    found = find_images(images, folder)
    _note_paths(found, len(images), report, remedy)
    listed = [dict(image, img_id=image['id'], img_path=found.paths[image['id']])
              for image in images if image['id'] in found.paths]
    wrong, broken, checked = size_mismatches(listed)
    refuse_wrong_sizes(wrong, checked, report.path)
    if wrong:
        report.skipped[f'image: {next(iter(wrong.values()))}'] += len(wrong)
    for image in listed:
        if 'width' not in image:
            header = read_header(image['img_path'])
            if header is None:
                broken.add(image['id'])
            else:
                image['width'], image['height'] = header.size
    if broken:
        example = next(i['img_path'] for i in listed if i['id'] in broken)
        report.skipped[f'image: cannot be read, for example {example!r}'] += len(broken)
    return {image['id']: image for image in listed
            if image['id'] not in wrong and image['id'] not in broken}


def _note_paths(found: FoundImages, total: int, report: AnnotationReport,
                remedy: str) -> None:
    if found.missing and not found.paths:
        raise FileNotFoundError(
            f'none of the {total} images of {report.path} is there, for example '
            f'{found.missing[0]!r}. {remedy}.')
    if found.renamed:
        name, path = next(iter(found.renamed.items()))
        report.note(f'{len(found.renamed)} of {total} images were found under '
                    f'another name, for example {name!r} as {path!r}')
    if found.ambiguous:
        name, paths = next(iter(found.ambiguous.items()))
        report.note(f'{len(found.ambiguous)} image names do not tell which file '
                    f'they mean, for example {name!r}: {paths[:2]}')
    again = len(found.paths) - len(set(found.paths.values()))
    if again:
        path = Counter(found.paths.values()).most_common(1)[0][0]
        report.note(f'{again} images are listed again under another id, for example '
                    f'{path!r}: people annotated under one are background under the other')
    if found.missing:
        reason = f'image: not found, for example {found.missing[0]!r}'
        report.skipped[reason] = len(found.missing)
