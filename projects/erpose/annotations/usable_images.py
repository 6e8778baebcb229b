"""Selects the images of an annotation file that exist and have the stated size."""
from collections import Counter
from typing import Dict, List

from .annotation_report import AnnotationReport
from .image_paths import FoundImages, find_images
from .image_sizes import read_header, refuse_wrong_sizes, size_mismatches


def usable_images(images: List[dict], folder: str, report: AnnotationReport,
                  remedy: str = 'Check data_root and data_prefix') -> Dict[int, dict]:
    """Finds the image files and compares their sizes with the stated ones.

    Args:
        images (list[dict]): Entries with ``id`` and ``file_name`` and, optionally,
            ``width`` and ``height``.
        folder (str): Folder of the images.
        report (AnnotationReport): Report of the annotation file; receives unusable images.
        remedy (str): Remedy in the error message if no image exists.

    Returns:
        dict[int, dict]: Entries by id, with ``img_id``, ``img_path``, ``width`` and
        ``height`` (pixels).

    Raises:
        FileNotFoundError: If no image file exists.
        ValueError: If too many images have another size than stated.
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
            f'none of the {total} images of {report.path} exists, for example '
            f'{found.missing[0]!r}. {remedy}.')
    if found.renamed:
        name, path = next(iter(found.renamed.items()))
        report.note(f'{len(found.renamed)} of {total} images were found under '
                    f'another name, for example {name!r} as {path!r}')
    if found.ambiguous:
        name, paths = next(iter(found.ambiguous.items()))
        report.note(f'{len(found.ambiguous)} image names are ambiguous, for example '
                    f'{name!r}: {paths[:2]}')
    repeated = len(found.paths) - len(set(found.paths.values()))
    if repeated:
        path = Counter(found.paths.values()).most_common(1)[0][0]
        report.note(f'{repeated} images are listed again under another id, for example '
                    f'{path!r}: people annotated under one id are background under the '
                    'other')
    if found.missing:
        reason = f'image: not found, for example {found.missing[0]!r}'
        report.skipped[reason] = len(found.missing)
