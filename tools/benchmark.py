"""Measures the speed of PyTorch and ONNX models, which take turns on the same images.

    python tools/benchmark.py photos/ --onnx a.onnx b.onnx --threads 1
    python tools/benchmark.py photos/ --torch CONFIG CHECKPOINT --torch CONFIG CHECKPOINT
    python tools/benchmark.py portraits/ --onnx a.onnx b.onnx --people 1 10 100 300

"before" is letterboxing. For an ONNX file, "forward" runs the file, including top-k, and
"after" does NMS, where a system needs it, and converts to pixels of the image. For a
PyTorch model, "forward" is backbone and neck, "after" the head with its post-processing.
--torch takes any config of MMPose's single-stage estimators, such as RTMO's and
YOLOX-Pose's; without a checkpoint its weights are random, so NMS has no people to compare.
--people expects pictures of one person each, and joins them to scenes of so many people.
"""
import argparse
import json
import sys
from pathlib import Path

from erpose.imaging.images import read_image
from erpose.imaging.sources import expand
from erpose_bench.speed.benchmark import (
    Subject,
    crowd,
    measure,
    measure_kinds,
    onnx_subject,
    plot_crowds,
    report,
)


def torch_subject(config_file: str, checkpoint: str = None,
                  score_thr: float = 0.3) -> Subject:
    """A config with its weights, run by MMPose."""
    import torch
    from mmengine.config import Config
    from mmpose.structures import PoseDataSample

    from erpose.deploy import letterbox
    from erpose.engine import deployed_model
    from erpose_bench.speed.complexity import complexity
    config = Config.fromfile(config_file)
    model = deployed_model(config, checkpoint)
    size = tuple(config.input_size)
    test_cfg = dict(model.test_cfg, score_thr=score_thr)
    samples = []

    def before(images):
        pixels, fits = zip(*(letterbox(image, size) for image in images))
        samples[:] = [
            PoseDataSample(metainfo=dict(
                input_size=size, img_shape=image.shape[:2], ori_shape=image.shape[:2],
                input_center=(image.shape[1] / 2, image.shape[0] / 2),
                input_scale=(size[0] / fit.scale, size[1] / fit.scale)))
            for image, fit in zip(images, fits)]
        inputs = [torch.from_numpy(p.transpose(2, 0, 1).copy()) for p in pixels]
        data = model.data_preprocessor(dict(inputs=inputs, data_samples=samples), False)
        return data['inputs']

    @torch.no_grad()
    def forward(inputs):
        return model.extract_feat(inputs)

    @torch.no_grad()
    def after(feats):
        return model.head.predict(feats, samples, test_cfg=test_cfg)

    name = f'{Path(config_file).stem}, PyTorch' + ('' if checkpoint else ', random weights')
    return Subject(name, before, forward, after, complexity(model, size))


def run(args) -> dict:
    """Measures the models, prints tables and returns the figures."""
    images = [read_image(path) for path in expand(args.images)[:args.limit]]
    subjects = [onnx_subject(path, args.threads, score_thr=args.score)
                for path in args.onnx]
    if args.torch:
        import torch
        torch.set_num_threads(args.threads)
        subjects += [torch_subject(*pair, score_thr=args.score) for pair in args.torch]
    if not subjects:
        raise ValueError('nothing to measure: give --onnx or --torch')
    print(f'{len(images)} images, batch {args.batch}, {args.threads} thread(s), people '
          f'above {args.score:g}, milliseconds: median (quartiles)')
    if not args.people:
        results = measure(subjects, images, args.rounds, args.batch)
        print(report(results))
        return results
    turned = [images[i:] + images[:i] for i in range(len(images))]
    scenes = {count: [crowd(portraits, count, (640, 640)) for portraits in turned]
              for count in args.people}
    results = measure_kinds(subjects, scenes, args.rounds, args.batch)
    for count in args.people:
        print(f'\n{count} people in the scene\n\n{report(results[count])}')
    if args.plot:
        plot_crowds(results, Path(args.plot))
    return results


def profiles(args) -> None:
    from erpose.deploy import Predictor
    from erpose_bench.speed.profile import profile
    from erpose_bench.speed.profile import report as layers_report
    for path in args.onnx:
        layers = profile(path, Predictor(path).input_size, threads=args.threads)
        print(f'\n{path}: {layers_report(layers)}')


if __name__ == '__main__':
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('images', nargs='+', help='images or folders of them')
    parser.add_argument('--onnx', nargs='*', default=[],
                        help='files of `erpose export`; others: the network alone')
    parser.add_argument('--torch', nargs='+', action='append', default=[],
                        metavar='FILE', help='a config, optionally with a checkpoint')
    parser.add_argument('--threads', type=int, default=1, help='CPU threads (default: 1)')
    parser.add_argument('--batch', type=int, default=1, help='images at a time')
    parser.add_argument('--rounds', type=int, default=10)
    parser.add_argument('--limit', type=int, default=16, help='images used (default: 16)')
    parser.add_argument('--score', type=float, default=0.3,
                        help='drop people that score less, before NMS')
    parser.add_argument('--people', type=int, nargs='+', metavar='N',
                        help='numbers of people in the scenes')
    parser.add_argument('--plot', help='with --people: write a plot of time against people')
    parser.add_argument('--profile', action='store_true',
                        help='also show where the time of the ONNX files goes')
    parser.add_argument('--json', help='also write the figures to this file')
    args = parser.parse_args()
    if any(len(pair) > 2 for pair in args.torch):
        parser.error('--torch takes a config and a checkpoint; repeat it for more')
    try:
        results = run(args)
        if args.profile:
            profiles(args)
    except (ValueError, OSError) as error:
        sys.exit(f'benchmark: {error}')
    if args.json:
        Path(args.json).write_text(json.dumps(results, indent=2))
