"""Ways to decode a network with a one-to-one branch: accuracy and duplicates.

    python tools/compare_one_to_one.py CONFIG CHECKPOINT SIZE
"""
import contextlib
import copy
import io
import sys

import torch
from mmengine.config import Config
from mmengine.registry import init_default_scope
from mmengine.runner import Runner
from mmpose.registry import METRICS, MODELS, TASK_UTILS
from xtcocotools.coco import COCO

import erpose  # noqa: F401
import erpose_bench.one_to_one  # noqa: F401
from erpose.models.heads.pose_head import to_instances
from erpose.models.layers import flatten_levels
from erpose.structures import pairwise_oks

SHOWN = ('AP', 'AP .5', 'AP .75', 'crowd AP', 'duplicate rate', 'duplicate rate at 0.3')


def rank_by_oks(sample, coco, sigmas):
    """A perfect ranking: by OKS with the person a pose is nearest to, others of it last."""
    found = sample.pred_instances
    persons = [a for a in coco.imgToAnns[sample.img_id]
               if not a.get('iscrowd') and any(a['keypoints'][2::3])]
    if not persons:
        return
    truth = torch.tensor([a['keypoints'] for a in persons]).float().unflatten(1, (-1, 3))
    areas = torch.tensor([a['area'] for a in persons]).float()
    poses = torch.tensor(found.keypoints).float()
    oks = pairwise_oks(poses[None], truth[None, ..., :2], (truth[None, ..., 2] > 0).float(),
                       areas[None], sigmas)[0]
    best, person = oks.max(0)
    first = oks.argmax(1)[person] == torch.arange(len(best))
    found.bbox_scores = found.scores = (best * first).numpy()


def main(path, checkpoint, size):
    init_default_scope('mmpose')
    config = Config.fromfile(path)
    config.test_dataloader.dataset.pipeline[1].input_size = (size, size)
    for part in ('backbone', 'neck'):
        config.model[part].pop('init_cfg', None)
    model = MODELS.build(config.model).eval()
    model.load_state_dict(torch.load(checkpoint, weights_only=False)['state_dict'])
    head, topk = model.head, TASK_UTILS.build(dict(type='PoseDecoder'))
    loader = Runner.build_dataloader(config.test_dataloader)
    evaluators, coco = {}, COCO(config.test_evaluator.ann_file)
    for batch in loader:
        batch = model.data_preprocessor(batch, False)
        with torch.no_grad():
            feats = model.extract_feat(batch['inputs'])
            scores, poses, heatmaps = head(feats)
            logits, offsets, visibilities = head._of_all_priors(scores, poses)
            many = logits.sigmoid()
            one = flatten_levels(head.one(feats)).squeeze(-1).sigmoid()
            rest = offsets, visibilities, head.priors(scores)
            found = {
                'peaks': head.decoder.decode(many, *rest),
                'OKS-NMS': head.oks_nms_decoder.decode(many, *rest),
                'one-to-one, top-k': topk.decode(one, *rest),
                'geometric mean of both scores, top-k': topk.decode(
                    (one * many).sqrt(), *rest),
                'one-to-one, peaks': head.decoder.decode(one, *rest),
            }
        for name, these in found.items():
            these = these._replace(keypoints=head.refiner.refine(
                these.keypoints, heatmaps[0].sigmoid(), head.strides[0]))
            instances = [
                to_instances(type(these)(*fields), 0.0, sample.metainfo['input_size'])
                for *fields, sample in zip(*these, batch['data_samples'])
            ]
            samples = model.add_pred_to_datasample(
                instances, None, copy.deepcopy(batch['data_samples']))
            for suffix in ('', ', ranked by true OKS'):
                if suffix:
                    for sample in samples:
                        rank_by_oks(sample, coco, head.sigmas)
                if name + suffix not in evaluators:
                    evaluator = METRICS.build(config.test_evaluator)
                    evaluator.dataset_meta = loader.dataset.metainfo
                    evaluators[name + suffix] = evaluator
                evaluators[name + suffix].process(
                    batch, [sample.to_dict() for sample in samples])
    for name, evaluator in evaluators.items():
        with contextlib.redirect_stdout(io.StringIO()):
            metrics = evaluator.evaluate(len(loader.dataset))
        print(name, {key: round(100 * metrics[f'coco/{key}'], 2) for key in SHOWN})


if __name__ == '__main__':
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
