"""Runs an exported model with numpy, OpenCV and ONNX Runtime, and nothing else."""
import json
from pathlib import Path
from typing import List, Optional, Sequence, Union

import numpy as np

from .letterbox import letterbox
from .people import People
from .suppress import suppress


class Predictor:
    """People in images, from an ONNX file that ``erpose export`` wrote.

    Args:
        model (str): Path of the file.
        providers (Sequence[str], optional): ONNX Runtime's execution providers, the
            preferred one first. Defaults to None: all that are installed.
        threads (int, optional): CPU threads of one image. Defaults to None: all cores.
        input_size (tuple[int, int], optional): Width and height, for a file with open
            sizes. Defaults to None: what the file says.

    Attributes:
        provider (str): The execution provider really in use.
        names (list[str]): Of the K keypoints.
        skeleton (list[list[int]]): Pairs of keypoints to join.
        nms (dict, optional): How duplicates are suppressed, for the systems that need it,
            see :func:`~erpose.deploy.suppress.suppress`. None for ER-Pose.

    Example:
        >>> predictor = Predictor('erpose-n.onnx')            # doctest: +SKIP
        >>> people = predictor(cv2.imread('photo.jpg'))       # doctest: +SKIP
        >>> people.keypoints.shape                            # doctest: +SKIP
        (3, 17, 2)
    """

    def __init__(self, model: Union[str, Path], providers: Optional[Sequence[str]] = None,
                 threads: Optional[int] = None, input_size=None):
        try:
            import onnxruntime
        except ImportError:
            raise ImportError('onnxruntime is not installed: pip install onnxruntime, or '
                              'onnxruntime-gpu for NVIDIA') from None
        if not Path(model).is_file():
            raise FileNotFoundError(f'no model {model}: write one with `erpose export`')
        installed = [provider for provider in onnxruntime.get_available_providers()
                     if provider != 'AzureExecutionProvider']  # a client of a service
        missing = set(providers or []) - set(installed)
        if missing:
            raise ValueError(f'no execution provider {sorted(missing)} here: this '
                             f'onnxruntime has {installed}')
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 3
        if threads:
            options.intra_op_num_threads = threads
        try:
            self.session = onnxruntime.InferenceSession(
                str(model), options, providers=list(providers or installed))
        except Exception as error:  # a dozen kinds, all of the C++ side
            raise ValueError(f'{model} is not an ONNX model that this onnxruntime '
                             f'({onnxruntime.__version__}) reads: {error}') from None
        self.provider = self.session.get_providers()[0]
        self._read(Path(model), input_size)

    def _read(self, model: Path, input_size) -> None:
        outputs = [output.name for output in self.session.get_outputs()]
        if outputs != ['dets', 'keypoints']:
            raise ValueError(f'{model} gives {outputs}, not dets and keypoints: write it '
                             'with `erpose export`')
        properties = self.session.get_modelmeta().custom_metadata_map
        info = {key: json.loads(value) for key, value in properties.items()
                if key in ('keypoints', 'skeleton', 'colours', 'input_size', 'nms',
                            'sigmas')}
        count = self.session.get_outputs()[1].shape[2]
        self.names = info.get('keypoints', [f'keypoint {i}' for i in range(count)])
        self.skeleton = info.get('skeleton', [])
        self.nms, self.sigmas = info.get('nms'), info.get('sigmas')
        self.colours = info.get('colours', [[255, 128, 0]] * len(self.names))
        self.batch, _, height, width = self.session.get_inputs()[0].shape
        fixed = isinstance(height, int)
        self.input_size = tuple(
            input_size or ((width, height) if fixed else info['input_size']))
        if fixed and self.input_size != (width, height):
            raise ValueError(f'{model} takes {width}x{height} and nothing else: export it '
                             'with open sizes (--dynamic)')

    def __call__(self, image: np.ndarray, score_thr: float = 0.3) -> People:
        """The people of one image, uint8 BGR (H, W, 3), that score above the threshold."""
        return self.predict([image], score_thr)[0]

    def predict(self, images: Sequence[np.ndarray], score_thr: float = 0.3) -> List[People]:
        """The people of each image; a file with an open batch takes them all at once."""
        step = self.batch if isinstance(self.batch, int) else max(len(images), 1)
        people = []
        for start in range(0, len(images), step):
            pixels, fits = self.prepare(images[start:start + step], step)
            people += self.finish(self.forward(pixels), fits, score_thr)
        return people

    def prepare(self, images, step: int = 1):
        """Images to the network's input, float32 (B, 3, H, W), and how each was fitted."""
        pixels, fits = zip(*(letterbox(image, self.input_size) for image in images))
        batch = np.stack(pixels).transpose(0, 3, 1, 2).astype(np.float32)
        if len(batch) < step:  # a file with a fixed batch: fill it up
            empty = np.zeros((step - len(batch), *batch.shape[1:]), batch.dtype)
            batch = np.concatenate([batch, empty])
        return batch, fits

    def forward(self, batch: np.ndarray) -> List[np.ndarray]:
        """The network's outputs, in pixels of its input."""
        return self.session.run(None, dict(input=batch))

    def finish(self, outputs: Sequence[np.ndarray], fits, score_thr: float) -> List[People]:
        """Outputs to the people of each image, in its pixels."""
        results = []
        for fit, det, pose in zip(fits, *outputs):
            people = People(pose[..., :2], pose[..., 2], det[:, 4], det[:, :4])
            people = people.above(score_thr)
            if self.nms is not None:
                people = suppress(people, self.nms, self.sigmas).above(score_thr)
            boxes = fit.to_image(people.boxes.reshape(-1, 2, 2)).reshape(-1, 4)
            results.append(people._replace(
                keypoints=fit.to_image(people.keypoints).astype(np.float32),
                boxes=boxes.astype(np.float32)))
        return results
