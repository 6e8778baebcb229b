_base_ = [
    '../_base_/default_runtime.py', '../_base_/models/erpose_n.py',
    '../_base_/datasets/coco_mini_lsp_416.py', '../_base_/schedules/one_machine_30e.py'
]
