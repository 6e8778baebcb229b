"""Speed of models in one run: PyTorch and ONNX, systems taking turns on the same images.

    python tools/benchmark.py photos/ --onnx a.onnx b.onnx --threads 1
    python tools/benchmark.py photos/ --torch CONFIG CHECKPOINT --torch CONFIG CHECKPOINT

"before" is letterboxing. Of an ONNX file "forward" is the file, top-k included, and "after"
the way back to pixels of the image; of a PyTorch model "forward" is backbone and neck, and
"after" the head with its post-processing (NMS, where a system needs it).
"""
import argparse
import json
import sys
from pathlib import Path

from erpose.deploy.benchmark import Subject, measure, onnx_subject, report
from erpose.deploy.sources import expand, read_image


def torch_subject(config_file: str, checkpoint: str) -> Subject:
    """A config with its weights, as MMPose runs it."""
    import torch
    from mmengine.config import Config
    from mmpose.structures import PoseDataSample

    from erpose.deploy import letterbox
    from erpose.engine import deployed_model
    config = Config.fromfile(config_file)
    model = deployed_model(config, checkpoint)
    size = tuple(config.input_size)
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
        return model.head.predict(feats, samples, test_cfg=model.test_cfg)

    return Subject(f'{Path(config_file).stem}, PyTorch', before, forward, after)


if __name__ == '__main__':
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('images', nargs='+', help='images or folders of them')
    parser.add_argument('--onnx', nargs='*', default=[], help='files of `erpose export`')
    parser.add_argument('--torch', nargs=2, action='append', default=[],
                        metavar=('CONFIG', 'CHECKPOINT'))
    parser.add_argument('--threads', type=int, default=1, help='CPU threads (default: 1)')
    parser.add_argument('--batch', type=int, default=1, help='images at a time')
    parser.add_argument('--rounds', type=int, default=10)
    parser.add_argument('--limit', type=int, default=16, help='images used (default: 16)')
    parser.add_argument('--json', help='write the figures to this file, too')
    args = parser.parse_args()
    try:
        images = [read_image(path) for path in expand(args.images)[:args.limit]]
        subjects = [onnx_subject(path, args.threads) for path in args.onnx]
        if args.torch:
            import torch
            torch.set_num_threads(args.threads)
            subjects += [torch_subject(*pair) for pair in args.torch]
        if not subjects:
            sys.exit('nothing to measure: give --onnx or --torch')
        results = measure(subjects, images, args.rounds, args.batch)
    except (ValueError, OSError) as error:
        sys.exit(f'benchmark: {error}')
    print(f'{len(images)} images, batch {args.batch}, {args.threads} thread(s), '
          f'milliseconds: median (quartiles)')
    print(report(results))
    if args.json:
        Path(args.json).write_text(json.dumps(results, indent=2))
