"""Runs an exported model with numpy, OpenCV and ONNX Runtime only."""
from pathlib import Path
from typing import Dict, List, Optional, Sequence, Tuple, Union

import numpy as np

from erpose.imaging.images import Picture, as_image
from erpose.imaging.letterbox import Fit, enclosing_size, letterbox
from erpose.imaging.people import People

from .decode import DecoderSettings, decode_maps
from .metadata import read_metadata
from .suppress import suppress

LEAST_OPEN_SIDE = 128
"""Minimum side of a dynamic input, in pixels: TopK needs that many priors."""


class ForeignModelError(ValueError):
    """The inputs or outputs of an ONNX file are not those of ``erpose export``."""


class Predictor:
    """Finds people in images with an ONNX file of ``erpose export``.

    Args:
        model (str): Path of the file.
        providers (Sequence[str], optional): ONNX Runtime's execution providers, the
            preferred one first. Defaults to None: all that are installed.
        threads (int, optional): CPU threads per image. Defaults to None: all cores.
        input_size (tuple[int, int], optional): Width and height, for a file with a dynamic
            input size. Images are fitted into this, and the border beyond the next
            multiple of 32 is left out. Defaults to None: the size stored in the file.

    Attributes:
        provider (str): The execution provider in use.
        names (list[str]): Names of the K keypoints.
        skeleton (list[list[int]]): Pairs of linked keypoints.
        nms (dict, optional): Settings of the NMS, for systems that need it, see
            :func:`~erpose.deploy.suppress.suppress`. None for ER-Pose.

    Example:
        >>> predictor = Predictor('erpose-n.onnx')            # doctest: +SKIP
        >>> people = predictor('photo.jpg')                   # doctest: +SKIP
        >>> people.keypoints.shape                            # doctest: +SKIP
        (3, 17, 2)
    """

    def __init__(self, model: Union[str, Path], providers: Optional[Sequence[str]] = None,
                 threads: Optional[int] = None,
                 input_size: Optional[Tuple[int, int]] = None) -> None:
        try:
            import onnxruntime
        except ImportError:
            raise ImportError('onnxruntime is not installed: pip install onnxruntime, or '
                              'onnxruntime-gpu for NVIDIA') from None
        if not Path(model).is_file():
            raise FileNotFoundError(f'model not found: {model}. Export one with '
                                    '`erpose export`')
        installed = [provider for provider in onnxruntime.get_available_providers()
                     if provider != 'AzureExecutionProvider']  # calls a remote service
        missing = set(providers or []) - set(installed)
        if missing:
            raise ValueError(f'execution providers {sorted(missing)} are not available: '
                             f'this onnxruntime has {installed}')
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 3
        if threads:
            options.intra_op_num_threads = threads
        try:
            self.session = onnxruntime.InferenceSession(
                str(model), options, providers=list(providers or installed))
        except Exception as error:  # the C++ side raises many kinds
            raise ValueError(f'{model} is not an ONNX model that onnxruntime '
                             f'{onnxruntime.__version__} can read: {error}') from None
        self.provider = self.session.get_providers()[0]
        try:
            self._read(Path(model), input_size)
        except UnicodeDecodeError as error:
            raise ValueError(f'{model} contains a name that is not UTF-8 ({error}). Export '
                             'the model again with `erpose export`') from None

    def _read(self, model: Path, input_size: Optional[Tuple[int, int]]) -> None:
        self.model = model
        inputs, outputs = self.session.get_inputs(), self.session.get_outputs()
        self.outputs = [output.name for output in outputs]
        pixels = inputs[0] if len(inputs) == 1 else None
        if (pixels is None or (pixels.name, pixels.type) != ('input', 'tensor(float)')
                or len(pixels.shape) != 4 or pixels.shape[1] != 3 or 0 in pixels.shape):
            count = 0
        elif self.outputs == ['dets', 'keypoints']:
            count = _keypoints_of_decoded(*(output.shape for output in outputs))
        else:
            count = _keypoints_of_raw({output.name: output.shape for output in outputs})
        if pixels is None or not count:
            tensors = [f'{x.name} {x.type} {x.shape}' for x in (*inputs, *outputs)]
            raise ForeignModelError(
                f'{model} has {", ".join(tensors)}; expected float tensors: input '
                '(B, 3, H, W), and dets (B, N, 5) and keypoints (B, N, K, 3) or the maps '
                'of a raw file. Export the model with `erpose export`')
        info = read_metadata(
            self.session.get_modelmeta().custom_metadata_map, count, model)
        self.names, self.skeleton, self.colours, self.nms, self.sigmas = (
            info[key] for key in ('keypoints', 'skeleton', 'colours', 'nms', 'sigmas'))
        self.decoder = info['decoder'] and DecoderSettings(**info['decoder'])
        if self.outputs != ['dets', 'keypoints']:
            _check_raw(model, self.outputs, self.decoder)
        self.batch, _, height, width = pixels.shape
        self.fixed = isinstance(height, int) and isinstance(width, int)
        size = input_size or ((width, height) if self.fixed else info['input_size'])
        if size is None:
            raise ValueError(f'{model} has a dynamic input size and no default: set it '
                             'with --size, or export the model with `erpose export`')
        self.input_size = tuple(size)
        if not self.fixed and min(self.input_size) < LEAST_OPEN_SIDE:
            raise ValueError(f'{model}: each side of the input must be at least '
                             f'{LEAST_OPEN_SIDE} pixels, got '
                             f'{self.input_size[0]}x{self.input_size[1]}')
        if self.fixed and self.input_size != (width, height):
            raise ValueError(f'{model} has the fixed input size {width}x{height}: export '
                             'it with --dynamic to use other sizes')

    def __call__(self, image: Picture, score_thr: float = 0.3) -> People:
        """Finds the people in one image.

        Args:
            image (np.ndarray | PIL.Image.Image | str | Path): uint8 BGR (H, W, 3), or any
                image that :func:`~erpose.imaging.as_image` accepts.
            score_thr (float): Drops people that do not score more. Defaults to 0.3.

        Raises:
            ValueError: If ``image`` is not an image.
        """
        return self.predict([image], score_thr)[0]

    def predict(self, images: Sequence, score_thr: float = 0.3) -> List[People]:
        """Finds the people in each image.

        A dynamic batch takes all images at once that need the same size of the input.
        """
        if (isinstance(images, (str, Path)) or not hasattr(images, '__len__')
                or getattr(images, 'ndim', 4) != 4):
            raise ValueError('predict() takes a list of images: for one image call the '
                             'predictor itself')
        step = self.batch if isinstance(self.batch, int) else max(len(images), 1)
        people: List[People] = []
        for start in range(0, len(images), step):
            people += self._predict_step(
                [as_image(image) for image in images[start:start + step]], score_thr)
        return people

    def _predict_step(self, images: Sequence[np.ndarray], score_thr: float) -> List[People]:
        """Finds the people in as many images as the batch takes, size by size."""
        places: Dict[Tuple[int, int], List[int]] = {}
        for place, image in enumerate(images):
            places.setdefault(self._size_for(image), []).append(place)
        found: Dict[int, People] = {}
        for same in places.values():
            pixels, fits = self.prepare([images[place] for place in same])
            found.update(zip(same, self.finish(self.forward(pixels), fits, score_thr)))
        return [found[place] for place in range(len(images))]

    def _size_for(self, image: np.ndarray) -> Tuple[int, int]:
        """Width and height of the input for one image."""
        return self.input_size if self.fixed else enclosing_size(
            image, self.input_size, least=LEAST_OPEN_SIDE)

    def prepare(self, images: Sequence[Picture]) -> Tuple[np.ndarray, List[Fit]]:
        """Converts images to the network's input, float32 (B, 3, H, W), and their fits.

        A dynamic input is no larger than the images need; a fixed batch is filled up.
        """
        arrays = [as_image(image) for image in images]
        size = np.max([self._size_for(array) for array in arrays], axis=0)
        pixels, fits = zip(*(letterbox(array, size) for array in arrays))
        batch = np.stack(pixels).transpose(0, 3, 1, 2).astype(np.float32)
        if isinstance(self.batch, int) and len(batch) < self.batch:
            empty = np.zeros((self.batch - len(batch), *batch.shape[1:]), batch.dtype)
            batch = np.concatenate([batch, empty])
        return batch, list(fits)

    def forward(self, batch: np.ndarray) -> List[np.ndarray]:
        """Runs the network: boxes with scores, and keypoints, in pixels of its input."""
        try:
            outputs = self.session.run(None, dict(input=batch))
        except Exception as error:  # the C++ side raises many kinds
            raise ValueError(f'{self.model} fails on an input of shape {batch.shape}: '
                             f'{error}') from None
        if self.outputs != ['dets', 'keypoints']:
            outputs = decode_maps(dict(zip(self.outputs, outputs)), self.decoder)
        dets, poses = outputs
        expected = (len(batch), dets.shape[1] if dets.ndim > 1 else 0)
        if (dets.shape, poses.shape) != ((*expected, 5), (*expected, len(self.names), 3)):
            raise ValueError(
                f'{self.model} returns dets {dets.shape} and keypoints {poses.shape} for '
                f'{len(batch)} images. Export the model again with `erpose export`')
        return [dets, poses]

    def finish(self, outputs: Sequence[np.ndarray], fits: Sequence[Fit],
               score_thr: float) -> List[People]:
        """Converts outputs to the people of each image, in pixels of that image."""
        results = []
        for fit, det, pose in zip(fits, *outputs):
            finite = np.isfinite(det).all(-1) & np.isfinite(pose).all((1, 2))
            det, pose = det[finite], pose[finite]
            people = People(pose[..., :2], pose[..., 2], det[:, 4], det[:, :4])
            people = people.above(score_thr)
            if self.nms is not None:
                people = suppress(people, self.nms, self.sigmas).above(score_thr)
            boxes = fit.to_image(people.boxes.reshape(-1, 2, 2)).reshape(-1, 4)
            results.append(people.replace(
                keypoints=fit.to_image(people.keypoints).astype(np.float32),
                boxes=boxes.astype(np.float32)))
        return results


def _keypoints_of_decoded(dets: list, poses: list) -> int:
    """K of a decoded model, 0 if its outputs have other shapes."""
    fits = (len(dets) == 3 and dets[2] == 5 and len(poses) == 4 and poses[3] == 3
            and isinstance(poses[2], int))
    return max(poses[2], 0) if fits else 0


def _keypoints_of_raw(shapes: Dict[str, list]) -> int:
    """K of a raw model, 0 if its outputs have other shapes."""
    channels = {shape[1] for name, shape in shapes.items()
                if name.startswith('poses_') and len(shape) == 4}
    single = len(channels) == 1 and isinstance(next(iter(channels)), int)
    return max(channels) // 3 if single else 0


def _check_raw(model: Path, outputs: List[str],
               decoder: Optional[DecoderSettings]) -> None:
    expected = [f'{kind}_{stride}' for kind in ('scores', 'poses')
                for stride in (decoder.strides if decoder else [])]
    if not decoder or set(expected) - set(outputs):
        raise ForeignModelError(
            f'{model} has the outputs {outputs}, but its metadata "decoder" expects '
            f'{expected or "none"}. Export the model again with `erpose export --raw`')
