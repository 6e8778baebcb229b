"""Time of each operator of an ONNX file."""
import json
import tempfile
from collections import defaultdict
from pathlib import Path
from typing import Callable, Dict, List, NamedTuple, Sequence

import numpy as np

from erpose_bench.tables import table


class Layer(NamedTuple):
    """One operator of the file, as ONNX Runtime runs it.

    Attributes:
        name (str): The module of the model that it comes from, as the file names it;
            'layout' for operators that ONNX Runtime adds to reorder memory.
        kind (str): ONNX operator.
        milliseconds (float): Median over the rounds.
    """
    name: str
    kind: str
    milliseconds: float


def profile(path: str, size: Sequence[int], rounds: int = 20,
            threads: int = 1) -> List[Layer]:
    """Times every operator on the CPU, the slowest first.

    Args:
        path (str): ONNX file.
        size (tuple[int, int]): Width and height of the input, which is noise.
        rounds (int): Timed runs, after one to warm up.
        threads (int): CPU threads.
    """
    import onnxruntime
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    options.intra_op_num_threads = threads
    options.enable_profiling = True
    noise = np.random.default_rng(0).uniform(0, 255, (1, 3, *size[::-1]))
    with tempfile.TemporaryDirectory() as folder:
        options.profile_file_prefix = f'{folder}/run'
        session = onnxruntime.InferenceSession(
            str(path), options, providers=['CPUExecutionProvider'])
        for _ in range(rounds + 1):
            session.run(None, dict(input=noise.astype(np.float32)))
        events = json.loads(Path(session.end_profiling()).read_text())
    times: Dict[tuple, list] = defaultdict(list)
    for event in events:
        if event['cat'] == 'Node' and event['name'].endswith('_kernel_time'):
            key = event['name'], event['args']['op_name']
            times[key].append(event['dur'] / 1e3)
    layers = [
        Layer(name.split('/')[0] if '/' in name else 'layout', kind,
              float(np.median(spent[1:]))) for (name, kind), spent in times.items()]
    return sorted(layers, key=lambda layer: -layer.milliseconds)


def report(layers: Sequence[Layer], slowest: int = 10) -> str:
    """Lists shares of the time by operator and by module, and the slowest operators."""
    whole = sum(layer.milliseconds for layer in layers)

    def shares(key: Callable[[Layer], str]) -> str:
        total: Dict[str, float] = defaultdict(float)
        for layer in layers:
            total[key(layer)] += layer.milliseconds / whole
        largest = sorted(total.items(), key=lambda item: -item[1])
        return table([['', 'share'], *([k, f'{100 * v:.1f} %'] for k, v in largest
                                       if v >= 0.001)])

    rows = [[layer.name, layer.kind, f'{layer.milliseconds:.2f}']
            for layer in layers[:slowest]]
    return '\n\n'.join([
        f'{whole:.1f} ms in {len(layers)} operators', shares(lambda layer: layer.kind),
        shares(lambda layer: '.'.join(layer.name.split('.')[:2])),
        table([['slowest', 'operator', 'ms'], *rows])])
