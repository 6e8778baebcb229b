from erpose.markdown import table


def test_table():
    assert table([['a', 'b'], ['1', '2']]) == '| a | b |\n|---|---|\n| 1 | 2 |'
