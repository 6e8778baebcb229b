"""Ablation of ER-Pose's decoder: accuracy, duplicates, nodes and time of each part."""
import contextlib
import io
import statistics
import tempfile
import time
from pathlib import Path
from typing import Dict, Iterator, List, NamedTuple, Optional

import numpy as np
import torch
from mmengine.config import Config
from mmengine.runner import Runner
from mmpose.models import BottomupPoseEstimator
from mmpose.registry import METRICS, TASK_UTILS
from tabulate import tabulate

from erpose.deploy.export import export_onnx, metadata
from erpose.deploy.networks import RawNetwork, pose_network
from erpose.engine import deployed_model
from erpose.models.heads import ERPoseHead


class Variant(NamedTuple):
    """A way to decode the outputs of one ER-Pose model.

    Attributes:
        decoder (dict, optional): Settings that replace the head's decoder. None uses
            OKS-NMS.
        refiner (dict): Settings that replace the head's refiner.
    """
    decoder: Optional[dict] = {}
    refiner: dict = {}


VARIANTS = {
    'peaks and means (default)': Variant(),
    'peaks alone (average=False)': Variant(dict(average=False)),
    'no second view (second_view=0)': Variant(dict(second_view=0.0)),
    'second view at full score (second_view=1)': Variant(dict(second_view=1.0)),
    'without heatmaps (refiner reach=0)': Variant(refiner=dict(reach=0.0)),
    'top-k alone': Variant(dict(type='PoseDecoder')),
    'OKS-NMS in place of peaks': Variant(None),
}
METRICS_SHOWN = {
    'AP': 'AP', 'AP .5': 'AP50', 'AP .75': 'AP75', 'crowd AP': 'AP crowded',
    'duplicate rate': 'duplicates at best F1',
    'duplicate rate at 0.3': 'duplicates at score 0.3'}


def ablate(config: Config, checkpoint: str, rounds: int = 20) -> Dict[str, dict]:
    """Evaluates every variant of one model on the config's test set.

    Args:
        config (Config): Of an ER-Pose model.
        checkpoint (str): Its weights.
        rounds (int): Timed runs of each exported file; the files take turns.

    Returns:
        dict[str, dict]: By variant: the metrics of ``METRICS_SHOWN`` in percent, and, for
        exported variants, the ``nodes`` and ``milliseconds`` (one thread) that the decoder
        adds to a file without it.
    """
    model = deployed_model(config, checkpoint)
    loader = Runner.build_dataloader(config.test_dataloader)
    evaluators = {}
    for name in VARIANTS:
        evaluators[name] = METRICS.build(config.test_evaluator)
        evaluators[name].dataset_meta = loader.dataset.metainfo
    for batch in loader:
        batch = model.data_preprocessor(batch, False)
        with torch.no_grad():
            feats = model.extract_feat(batch['inputs'])
            for name, variant in VARIANTS.items():
                with _replaced(model.head, variant):
                    found = model.head.predict(
                        feats, batch['data_samples'],
                        dict(model.test_cfg, oks_nms=variant.decoder is None))
                samples = model.add_pred_to_datasample(found, None, batch['data_samples'])
                evaluators[name].process(batch, [sample.to_dict() for sample in samples])
    rows = {}
    for name, evaluator in evaluators.items():
        with contextlib.redirect_stdout(io.StringIO()):
            metrics = evaluator.evaluate(len(loader.dataset))
        rows[name] = {title: 100 * metrics[f'coco/{key}']
                      for key, title in METRICS_SHOWN.items() if f'coco/{key}' in metrics}
    for name, graph in _graphs(model, config, rounds).items():
        rows[name].update(graph)
    return rows


def report(rows: Dict[str, dict]) -> str:
    """The rows of :func:`ablate` as a table in Markdown."""
    titles = [*METRICS_SHOWN.values(), 'nodes', 'milliseconds']
    return tabulate(
        [[name, *(f'{row[t]:.2f}' if isinstance(row.get(t), float) else row.get(t, '-')
                  for t in titles)] for name, row in rows.items()],
        ['decoder', *titles], tablefmt='github', disable_numparse=True)


@contextlib.contextmanager
def _replaced(head: ERPoseHead, variant: Variant) -> Iterator[None]:
    """Replaces the head's decoder and refiner by those of a variant."""
    kept = head.decoder, head.refiner
    if variant.decoder:
        head.decoder = TASK_UTILS.build(
            {'type': type(head.decoder).__name__, **variant.decoder})
    if variant.refiner:
        head.refiner = type(head.refiner)(**variant.refiner)
    try:
        yield
    finally:
        head.decoder, head.refiner = kept


def _graphs(model: BottomupPoseEstimator, config: Config, rounds: int) -> Dict[str, dict]:
    """Nodes and milliseconds of the decoder of every exported variant."""
    import onnx
    import onnxruntime
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    info, sessions, nodes = metadata(config), {}, {}
    names = [name for name, variant in VARIANTS.items() if variant.decoder is not None]
    with tempfile.TemporaryDirectory() as folder:
        for name in ['maps', *names]:
            with _replaced(model.head, VARIANTS.get(name, Variant())):
                network = RawNetwork(model) if name == 'maps' else pose_network(model)
                path = export_onnx(network.eval(), info, Path(folder) / 'file.onnx')
            nodes[name] = len(onnx.load(path).graph.node)
            sessions[name] = onnxruntime.InferenceSession(
                str(path), options, providers=['CPUExecutionProvider'])
    width, height = info['input_size']
    pixels = np.random.default_rng(0).uniform(0, 255, (1, 3, height, width))
    times: Dict[str, List[float]] = {name: [] for name in sessions}
    for _ in range(rounds):
        for name, session in sessions.items():
            begin = time.perf_counter()
            session.run(None, dict(input=pixels.astype(np.float32)))
            times[name].append(1e3 * (time.perf_counter() - begin))
    return {
        name: dict(nodes=nodes[name] - nodes['maps'],
                   milliseconds=statistics.median(
                       full - maps for full, maps in zip(times[name], times['maps'])))
        for name in names
    }
