"""The ablation of the decoder on generated crowds."""
import pytest
from mmengine.config import Config

from erpose.datasets.synthetic import generate
from erpose_bench.decoders import METRICS_SHOWN, VARIANTS, ablate, report

pytestmark = pytest.mark.slow  # it exports seven files

@pytest.fixture(scope='module')
def rows(shipped, tmp_path_factory):
    root = tmp_path_factory.mktemp('crowds')
    generate(root, 4, seed=0, image_size=(160, 120), persons=(2, 3))
    config = Config.fromfile(shipped['Config'])
    config.input_size = config.test_dataloader.dataset.pipeline[1].input_size = (128, 128)
    config.test_dataloader.update(num_workers=0, persistent_workers=False)
    config.test_dataloader.dataset.update(
        data_root='', ann_file=str(root / 'annotations.json'),
        data_prefix=dict(img=str(root / 'images')))
    config.test_evaluator.ann_file = str(root / 'annotations.json')
    return ablate(config, shipped['Weights'], rounds=2)


def test_every_variant_is_measured(rows):
    assert list(rows) == list(VARIANTS)
    for name, row in rows.items():
        assert 0 <= row['AP'] <= 100 and row['duplicates at best F1'] >= 0
        assert ('nodes' in row) == (VARIANTS[name].decoder is not None)
    assert rows['top-k alone']['nodes'] < rows['peaks and means (default)']['nodes']


def test_the_head_is_left_as_it_was(rows):
    others = {name: {k: row[k] for k in METRICS_SHOWN.values() if k in row}
              for name, row in rows.items()}
    default = others.pop('peaks and means (default)')
    assert default not in others.values()


def test_report(rows):
    lines = report(rows).splitlines()
    assert len(lines) == 2 + len(VARIANTS)
    assert lines[-1].startswith('| OKS-NMS in place of peaks') and '| -' in lines[-1]
