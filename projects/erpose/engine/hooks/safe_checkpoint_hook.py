"""Writes checkpoints that a crash, a kill or a full disk cannot corrupt."""
import os
import os.path as osp
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any, List, Optional, Union

from mmengine.dist import is_main_process
from mmengine.fileio import BaseStorageBackend, LocalBackend, register_backend
from mmengine.hooks import CheckpointHook
from mmengine.logging import print_log
from mmengine.runner import Runner
from mmpose.registry import HOOKS


@register_backend('atomic')
class AtomicBackend(LocalBackend):
    """Backend for the local disk that writes files atomically."""

    def put(self, obj: bytes, filepath: Union[str, Path]) -> None:
        """Writes a temporary file in the same folder, syncs it and renames it.

        Raises:
            OSError: If the file cannot be written. An existing file is unchanged.
        """
        folder = osp.dirname(osp.abspath(filepath))
        os.makedirs(folder, exist_ok=True)
        handle, draft = tempfile.mkstemp(dir=folder, prefix=f'.{osp.basename(filepath)}.')
        try:
            with open(handle, 'wb') as file:
                file.write(obj)
                file.flush()
                os.fsync(file.fileno())
            os.chmod(draft, 0o666 & ~_umask())
            os.replace(draft, filepath)
        except OSError as error:
            raise OSError(
                error.errno, f'{filepath} ({len(obj) / 2**20:.1f} MiB) cannot be written: '
                f'{error.strerror}. Earlier checkpoints are intact: free disk space and '
                'continue with --resume') from error
        finally:
            with suppress(FileNotFoundError):  # it was renamed
                os.remove(draft)


class _Outdated:
    """Backend wrapper that postpones removals until the new files are on the disk."""

    def __init__(self, backend: BaseStorageBackend) -> None:
        self._backend = backend
        self._files: List[str] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._backend, name)

    def remove(self, path: str) -> None:
        self._files.append(path)

    def remove_now(self, keep: set) -> None:
        for path in self._files:
            if path not in keep and self._backend.isfile(path):
                self._backend.remove(path)
        self._files = []


@HOOKS.register_module()
class SafeCheckpointHook(CheckpointHook):
    """:class:`CheckpointHook` that may be killed at any moment.

    - :class:`AtomicBackend` writes the files, so that none is incomplete.
    - An outdated checkpoint, also the former best one, is removed only after its successor
      is on the disk.
    - If ``last_checkpoint``, which ``--resume`` reads, is empty or names a missing file
      (after a kill, or because the folder has moved), it is set to the latest existing
      checkpoint.

    Other storage (``out_dir`` with a prefix, or ``backend_args``) keeps its own backend.
    """

    backend_args: Optional[dict]
    file_backend: Any

    def before_run(self, runner: Runner) -> None:
        folder = Path(runner.work_dir)
        if is_main_process() and self.backend_args is None and folder.is_dir():
            for draft in folder.glob('.*.pth.*'):
                draft.unlink()
            self._mend_last_checkpoint(folder)

    def before_train(self, runner: Runner) -> None:
        super().before_train(runner)
        if self.backend_args is None and isinstance(self.file_backend, LocalBackend):
            self.backend_args = dict(backend='atomic')
        self.file_backend = _Outdated(self.file_backend)

    def _save_checkpoint(self, runner: Runner) -> None:
        super()._save_checkpoint(runner)
        self._remove_outdated()

    def _save_best_checkpoint(self, runner: Runner, metrics: dict) -> None:
        super()._save_best_checkpoint(runner, metrics)
        self._remove_outdated()

    def _remove_outdated(self) -> None:
        if is_main_process():
            self.file_backend.remove_now(
                keep={self.last_ckpt, getattr(self, 'best_ckpt_path', None),
                      *getattr(self, 'best_ckpt_path_dict', {}).values()})

    def _mend_last_checkpoint(self, folder: Path) -> None:
        pointer = folder / 'last_checkpoint'
        if not pointer.exists() or osp.isfile(pointer.read_text().strip()):
            return
        kind = 'epoch' if self.by_epoch else 'iter'
        checkpoints = [path for path in folder.glob(f'{kind}_*.pth')
                       if path.stem.split('_')[-1].isdigit()]
        if not checkpoints:
            pointer.unlink()
            return
        latest = max(checkpoints, key=lambda path: int(path.stem.split('_')[-1]))
        AtomicBackend().put(str(latest).encode(), pointer)
        print_log(f'{pointer} named a missing file: set to {latest}', 'current')


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
