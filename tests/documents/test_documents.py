"""Every command and program of the documents runs, or is listed here with the reason.

A block runs as a reader would run it: in a process of its own, from another folder, with
erpose installed by `pip install .` or by `pip install -e .`. In blocks that take long, only
the numbers of epochs, images and rounds are changed.
"""
from collections import Counter
from typing import Dict, NamedTuple, Tuple

import pytest
from document_blocks import ROOT, blocks, replaced, run

SHORT = ('--cfg-options train_cfg.max_epochs=1 train_cfg.val_interval=1 '
         'train_dataloader.num_workers=1 train_dataloader.batch_size=2')
DEPLOY, RESULTS, DIAGNOSIS = 'docs/deploy.md', 'docs/results.md', 'docs/diagnosis.md'
DATA = dict(DATA='data')
TRAINED_MODEL = dict(CONFIG='erpose-n', CHECKPOINT='epoch_300.pth')


class Case(NamedTuple):
    """How a block runs here.

    Attributes:
        instead (dict): Replacements of words.
        before (str): What a reader has run before, in the same language.
        makes (tuple): Files that it writes.
        installs (tuple): Installations it runs in. `plain` cannot run `tools/` that need
            `erpose_bench`, which is not installed.
    """
    document: str
    first: str
    makes: Tuple[str, ...] = ()
    instead: Dict[str, str] = {}
    before: str = ''
    installs: Tuple[str, ...] = ('plain', )


FAST = [
    Case('README.md', "pip install '.[deploy]'", ('erpose_output/photo.jpg', ),
         {"pip install '.[deploy]'": ':'},  # what the fixtures have done
         installs=('plain', 'editable')),
    Case(DEPLOY, 'erpose predict photo.jpg',
         ('people.json', 'people.csv', 'erpose_output/video.mp4'),
         {'erpose predict erpose-n.onnx 0 --show': ':'}),  # no camera
    Case(DEPLOY, 'import cv2'),
    Case(DEPLOY, 'erpose predict erpose-n.onnx val/images --no-draw --score 0 --json '
         'people.json --ids val/annotations.json', ('people.json', )),
]
SLOW = [
    Case(DEPLOY, 'erpose predict erpose-n.onnx val/images --no-draw --score 0 --json '
         'people.json', ('people.json', ), installs=('editable', )),
    Case(DEPLOY, 'erpose export erpose-n erpose-n.onnx', ('erpose-n.onnx', ),
         TRAINED_MODEL, 'rm erpose-n.onnx'),
    Case('README.md', 'python tools/build_photographs.py data --coco data/coco', (), {
        'python tools/build_photographs.py data --coco data/coco': ':',  # all of COCO
        '--movenet movenet-multipose-lightning.tflite': '--rounds 1'},  # from Google
        installs=('editable', )),
    Case('README.md', 'make install && source .venv/bin/activate', ('reader/reader.onnx', ),
         {'make install && source .venv/bin/activate': ':',
          'mim train erpose NAME.py': f'mim train erpose NAME.py {SHORT}',
          'NAME': 'reader', 'epoch_N': 'epoch_1'}),
    Case('README.md', 'mim train erpose erpose-n_8xb32-300e_coco-640x640.py --gpus 8 '
         '--launcher pytorch',
         ('work_dirs/erpose-n_8xb32-300e_coco-640x640/epoch_1.pth', ),
         {'--gpus 8 --launcher pytorch': SHORT, 'epoch_300': 'epoch_1'}),
    Case(DEPLOY, 'import torch', ('erpose-n.onnx', ),
         {'config, checkpoint': "'erpose-n', 'epoch_300.pth'"}, 'import os\nos.remove('
         "'erpose-n.onnx')"),
    Case(DEPLOY, 'erpose export erpose-n 416.onnx --size 416', ('416.onnx', '416.json'), {
        '320.json 416.json 512.json 640.json': '416.json', '--rounds 5': '--rounds 1',
        '320.onnx 416.onnx 512.onnx 640.onnx': '416.onnx'}, installs=('editable', )),
    Case(DEPLOY, 'import erpose', ('drawn/visualizations/photo.jpg', )),
    Case(DEPLOY, 'erpose predict int8.onnx coco-mini/val/images --no-draw --score 0 --json '
         'int8.json', ('int8.json', ), {
             'float32.json float16.json int8.json': 'int8.json',
             'float32.onnx float16.onnx int8.onnx --rounds 5': 'int8.onnx --rounds 1'},
         'cp erpose-n.onnx int8.onnx', ('editable', )),
    Case(DIAGNOSIS, 'erpose export erpose-n erpose-n.onnx', ('people.json', ),
         installs=('editable', )),
    Case(DIAGNOSIS, 'python tools/make_synthetic.py val --num 200 --seed 1',
         ('failures.jpg', ), {'--num 200': '--num 2'}, 'rm val', ('editable', )),
    Case('docs/extend.md', 'PYTHONPATH=. mim train erpose log_tail.py',
         ('work_dirs/log_tail/epoch_1.pth', ), {'log_tail.py': f'log_tail.py {SHORT}'}),
    Case('docs/extend.md', 'python tools/make_synthetic.py data/synthetic/train --num 1000 '
         '--seed 0', ('data/synthetic/val/annotations.json', ),
         {'--num 1000': '--num 2', '--num 200': '--num 2'}, 'rm data/synthetic/*',
         ('editable', )),
    Case(RESULTS, 'CONFIG=configs/erpose/erpose-n_2xb8-12e_photographs-416x416_falling.py',
         (), {'DATA': 'data --rounds 1'}, installs=('editable', )),
    Case(RESULTS, 'export ERPOSE_DATA=DATA CONFIG=erpose-n_2xb8-12e_photographs-416x416_'
         'falling.py', (), DATA),
    Case(RESULTS, 'python tools/complexity.py configs/*/*_coco-640x640.py', (),
         installs=('editable', )),
    Case(RESULTS, 'python tools/benchmark.py DATA/lsp/val/images --onnx erpose-n.onnx '
         'yolo_pose-n.onnx --limit 8 --score 0.05 \\', ('people.png', ),
         {'yolo_pose-n.onnx --limit 8': '--limit 2 --rounds 1', '10 30 100 300': '',
          'docs/images/people.png': 'people.png', **DATA}, installs=('editable', )),
    Case(RESULTS, 'python tools/dry_run.py configs/experiments/erpose-n_1xb8-12e_coco-mini-'
         'lsp-320x320_pretrained.py --data-root DATA --steps 30', (),
         {'python': 'RTMDET_NANO=epoch_300.pth python', '--steps 30': '--steps 3', **DATA},
         installs=('editable', )),
    Case(RESULTS, 'python tools/train.py configs/erpose/erpose-n_8xb32-300e_coco-640x640'
         '.py --data-root DATA --cfg-options \\', (),
         {'batch_size=8': 'batch_size=2', 'indices=1183': 'indices=2', **DATA},
         installs=('editable', )),
]
ELSEWHERE = {
    'tests/test_own_data.py': [('docs/own_data.md', first) for first in (
        'python -m erpose.env',
        '# Keypoints in the order of the annotation file. swap: what a horizontal flip',
        '# Written by `erpose init`, and yours to change: docs/own_data.md says how.',
        'import erpose')],
    'tests/test_extend.py': [('docs/extend.md', f'# {name}.py') for name in (
        'log_tail_loss', 'log_tail', 'distance_assigner', 'distance', 'resnet18',
        'plain_backbone', 'plain', 'centroid_head', 'centroid')],
    'tests/deploy/test_clients.py': [(DEPLOY, first) for first in (
        'import supervision as sv', 'import openvino', 'import json',
        'from erpose.deploy import Predictor')],
}
"""Blocks that another test runs."""
HOURS = 'hours of training on photographs'
SUITE = 'this suite, and parts of it that take minutes'
CLUSTER = 'several GPUs; tests/reliability/test_distributed.py has two processes'
NOT_HERE = {
    ('CONTRIBUTING.md', 'make install PYTHON=python3.11'): 'needs a package index',
    ('CONTRIBUTING.md', 'make test'): SUITE,
    (DEPLOY, "pip install '.[web]'"): 'a server does not end; tests/deploy/test_web.py',
    ('docs/reliability.md', 'make distributed'): SUITE,
    ('docs/reliability.md', 'python -m torch.distributed.run --nproc_per_node 8 '
     'tools/train.py CONFIG --launcher pytorch'): CLUSTER,
    ('docs/reliability.md', 'python -m torch.distributed.run --nnodes 2 --node_rank 0 '
     '--master_addr HOST --master_port 29500 \\'): CLUSTER,
    ('docs/reliability.md', 'make parity'): SUITE,
    ('docs/reliability.md', 'make faults'): SUITE,
    ('docs/reliability.md', 'make fuzz'): SUITE,
    **{(RESULTS, f'python tools/experiment.py {plan} --data-root DATA'): HOURS for plan in (
        'systems_coco-mini-lsp-320', 'ladder_coco-mini-lsp-320', 'ladder_synthetic-192',
        'scratch_synthetic-192', 'scratch_coco-mini-lsp-320', 'systems_coco-mini-lsp14-320',
        'smpr_synthetic-192')},
    (RESULTS, 'export ERPOSE_DATA=DATA'): HOURS,
}
"""Blocks that cannot run here, and why."""
BLOCKS = {block.key: block for block in blocks()}


def test_every_block_is_listed_once_and_every_listed_block_is_there():
    there = Counter(block.key for block in blocks())
    listed = Counter([*((case.document, case.first) for case in (*FAST, *SLOW)),
                      *sum(ELSEWHERE.values(), []), *NOT_HERE])
    assert not there - listed, 'blocks without a test: list them in this file'
    assert not listed - there, 'listed twice, or in no document'
    assert all((ROOT / test).is_file() for test in ELSEWHERE)


def cases():
    for chosen, marks in ((FAST, ()), (SLOW, pytest.mark.slow)):
        for case in chosen:
            for install in case.installs:
                yield pytest.param(case, install, marks=marks, id=f'{case.document}: '
                                   f'{case.first[:40]}-{install}')


@pytest.mark.parametrize('case, install', cases())
def test_the_block_runs(case, install, reader, installed):
    block = BLOCKS[case.document, case.first]
    binaries, variables = installed(install)
    text = f'{case.before}\n{replaced(block.text, case.instead)}'
    if case.document == 'docs/extend.md':
        save_programs(case.document, reader)
    shell = ['bash', '-euo', 'pipefail', '-c'] if block.language == 'bash' else [
        'python', '-c']
    done = run([*shell, text], binaries, reader, **variables)
    assert done.returncode == 0, f'{text}\n{done.stdout[-2000:]}{done.stderr[-4000:]}'
    assert [name for name in case.makes if not (reader / name).is_file()] == []


def save_programs(document, folder):
    """Saves the document's programs under the names in their first lines."""
    for (where, first), block in BLOCKS.items():
        if where == document and block.language == 'python':
            (folder / first.lstrip('# ')).write_text(block.text)


def test_the_plain_installation_is_the_wheel(plain, tmp_path):
    """Not the working tree, whose editable installation lies in the same environment."""
    program = 'import erpose.zoo as zoo; print(zoo.__file__, zoo.root())'
    done = run(['python', '-c', program], plain, tmp_path, PYTHONPATH='')
    module, root = done.stdout.split()
    assert module.startswith(str(plain.parent)) and root.startswith(str(plain.parent))


def test_without_the_extra_it_is_named(bare, reader):
    """`pip install .` alone installs numpy and Pillow."""
    done = run(['erpose', 'predict', 'photo.jpg'], bare, reader, PYTHONPATH='')
    assert done.returncode == 1 and done.stdout == ''
    assert done.stderr == ("erpose predict: No module named 'cv2': "
                           "pip install 'erpose[deploy]'\n")
