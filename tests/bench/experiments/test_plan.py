"""Plans of experiments load, or are refused with the reason."""
import pytest

from erpose_bench.experiments import load_plan, plans

CONFIG = 'erpose/erpose-n_1xb16-30e_synthetic-320x320.py'


def write(path, text):
    path.write_text(text)
    return str(path)


@pytest.mark.parametrize('name', plans())
def test_shipped_plans_load(name):
    plan = load_plan(name)
    assert plan.name == name and plan.systems and plan.tests
    slugs = [s.slug for s in plan.systems]
    assert len(set(slugs)) == len(slugs)


def test_weights_of_another_system(tmp_path):
    plan = load_plan(write(tmp_path / 'p.yml', f'''
systems:
  - {{name: A, config: {CONFIG}, options: {{x: 1}}}}
  - {{name: "A, OKS-NMS", weights_of: A, test_options: {{y: 2}}}}
'''))
    assert plan.title == 'p' and list(plan.tests) == ['test']
    first, second = plan.systems
    assert second.config == first.config and second.options == {'x': 1}
    assert (first.weights_of, second.weights_of) == ('A', 'A')
    assert second.slug == 'a-oks-nms'
    assert first.seeds == second.seeds == [0]


def test_seeds_of_the_plan_and_of_a_system(tmp_path):
    plan = load_plan(write(tmp_path / 'p.yml', f'''
seeds: [0, 1]
systems:
  - {{name: A, config: {CONFIG}}}
  - {{name: B, config: {CONFIG}, seeds: [3]}}
  - {{name: C, weights_of: B}}
'''))
    assert [system.seeds for system in plan.systems] == [[0, 1], [3], [3]]


def test_environment_in_the_options_of_tests(tmp_path, monkeypatch):
    monkeypatch.setenv('ERPOSE_DATA', 'elsewhere')
    plan = load_plan(write(tmp_path / 'p.yml', f'''
systems: [{{name: A, config: {CONFIG}}}]
tests: {{val: {{ann: $ERPOSE_DATA/a.json}}}}
'''))
    assert plan.tests == {'val': {'ann': 'elsewhere/a.json'}}


@pytest.mark.parametrize('systems, message', [
    ('[]', 'no systems'),
    ('[{name: A}]', 'has no config'),
    ('[{name: A, config: nowhere.py}]', 'no config nowhere.py'),
    (f'[{{name: A, config: {CONFIG}, confg: x}}]', 'confg'),
    (f'[{{name: A, config: {CONFIG}}}, {{name: A, config: {CONFIG}}}]', 'two systems'),
    ('[{name: A, weights_of: B}]', "weights of 'B'"),
    (f'[{{name: A, config: {CONFIG}, seeds: 3}}]', 'seeds must be a list'),
    (f'[{{name: A, config: {CONFIG}, seeds: []}}]', 'seeds must be a list'),
])
def test_a_broken_plan_names_file_and_cause(tmp_path, systems, message):
    with pytest.raises(ValueError, match=message) as error:
        load_plan(write(tmp_path / 'p.yml', f'systems: {systems}'))
    assert 'p.yml' in str(error.value)


def test_unknown_name_lists_the_known():
    with pytest.raises(ValueError, match='systems_coco-mini-lsp-320'):
        load_plan('nothing')
