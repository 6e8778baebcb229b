"""Counts errors by kind, and the AP that repairing each would give; draws the worst images.

    mim test erpose CONFIG -C CHECKPOINT --cfg-options test_evaluator.outfile_prefix=people
    python tools/diagnose.py val/annotations.json people.keypoints.json
    python tools/diagnose.py … --images val/images --sheet failures.jpg

The people are in COCO's result format, which `erpose predict --json` writes.
"""
import argparse
import sys
from pathlib import Path

import erpose  # noqa: F401  (first: it makes mmpose importable)
from erpose.evaluation import metric_of_files
from erpose_bench.diagnosis import diagnose, match
from erpose_bench.failure_sheet import failure_sheet
from erpose_bench.tables import table

if __name__ == '__main__':
    import cv2
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('annotations', help="JSON file in COCO's format")
    parser.add_argument('people', help="JSON file in COCO's result format")
    parser.add_argument('--metainfo', default='configs/_base_/datasets/coco.py',
                        help="MMPose's description of the keypoints (default: COCO's)")
    parser.add_argument('--images', type=Path, help='folder of the images, for the sheet')
    parser.add_argument('--sheet', type=Path, help='write a sheet of the worst images')
    args = parser.parse_args()
    if bool(args.images) != bool(args.sheet):
        parser.error('give --sheet and --images together')
    try:
        metric = metric_of_files(args.annotations, args.metainfo)
        people = metric.read_people(args.people)
        files = [args.images / metric.coco.imgs[i]['file_name']
                 for i in sorted(metric.coco.imgs)] if args.images else []
        missing = [file for file in files if not file.exists()]
        if missing:
            raise ValueError(f'{missing[0]}: no such image ({len(missing)} of {len(files)} '
                             'are missing): set --images to their folder')
    except (ValueError, OSError) as error:
        sys.exit(f'diagnose: {error}')
    info = metric.dataset_meta
    images = list(match(metric.coco, people, info['sigmas'], info['flip_indices']))
    found = diagnose(images, metric.coco, info['sigmas'])
    base = found['repaired']['as found']
    print('AP in percent, with one kind of error repaired at a time:\n')
    print(table([['', 'AP', 'gain'], *(
        [name, f'{100 * ap:.2f}', f'{100 * (ap - base):+.2f}']
        for name, ap in found['repaired'].items())]))
    print('\nLabelled keypoints of the persons found, in percent:\n')
    print(table([list(found['keypoints']),
                 [f'{100 * share:.1f}' for share in found['keypoints'].values()]]))
    print('\nPersons by size (square root of the area, pixels):\n')
    print(table([['size', 'persons', 'with a detection of OKS > 0.5 (%)', 'best OKS'], *(
        [name, str(row['number']), f"{100 * row['found']:.1f}", f"{row['oks']:.3f}"]
        for name, row in found['persons'].items())]))
    print(f"\nRank correlation of score and OKS: {found['rank correlation']:.3f}")
    if args.sheet:
        sheet = failure_sheet(images, files, info['skeleton_links'],
                              info['keypoint_colors'].astype(int).tolist())
        args.sheet.parent.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(args.sheet), sheet)
        print(f'written: {args.sheet}')
