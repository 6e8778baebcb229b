"""Places configs/, tools/, the checkpoints and model-index.yml in ``erpose/.mim``.

``pip install .`` copies them. ``pip install -e .`` links them, and gives OpenMIM, which
looks beside the installed metadata, one-line files that lead to the working tree.
"""
import os
import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py
from setuptools.command.editable_wheel import editable_wheel

ROOT = Path(__file__).parent.resolve()
MIM = ('checkpoints', 'configs', 'tools', 'model-index.yml')
LEAD = dict(
    configs='_base_ = {0!r}\n',
    tools='import runpy\n\nrunpy.run_path({0!r}, run_name=\'__main__\')\n')


class BuildWithMim(build_py):
    """Adds ``.mim`` to what is built, or to the source tree when editable."""

    def run(self):
        super().run()
        if self.editable_mode:
            place(ROOT / 'projects' / 'erpose' / '.mim', os.symlink)
        else:
            place(Path(self.build_lib) / 'erpose' / '.mim', copy)


def copy(source, target):
    if source.is_dir():
        shutil.copytree(source, target, ignore=not_for_users)
    else:
        shutil.copy(source, target)


def not_for_users(folder, names):
    """Resumable states, and the tools that want the bench, which the wheel leaves out."""
    return [name for name in names if name in ('__pycache__', 'training')
            or name.endswith('.py') and wants_bench(Path(folder) / name)]


def wants_bench(tool):
    return tool.parent.name == 'tools' and 'erpose_bench' in tool.read_text()


def place(mim, put):
    shutil.rmtree(mim, ignore_errors=True)
    mim.mkdir(parents=True)
    for name in MIM:
        put(ROOT / name, mim / name)


class EditableWithLeads(editable_wheel):
    """Gives OpenMIM a ``.mim`` in site-packages whose files lead to the working tree."""

    def _run_build_commands(self, dist_name, unpacked_wheel, build_lib, tmp_dir):
        outputs = super()._run_build_commands(
            dist_name, unpacked_wheel, build_lib, tmp_dir)
        mim = Path(unpacked_wheel) / 'erpose' / '.mim'
        for source in [*ROOT.glob('configs/**/*.py'), *ROOT.glob('tools/*.py')]:
            lead = mim / source.relative_to(ROOT)
            lead.parent.mkdir(parents=True, exist_ok=True)
            lead.write_text(LEAD[source.relative_to(ROOT).parts[0]].format(str(source)))
        index = (ROOT / 'model-index.yml').read_text()
        (mim / 'model-index.yml').write_text(index.replace('- ', f'- {ROOT}/'))
        return outputs


setup(cmdclass=dict(build_py=BuildWithMim, editable_wheel=EditableWithLeads))
