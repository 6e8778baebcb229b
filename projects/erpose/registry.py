"""The scope ``erpose``: child registries of MMPose's.

erpose registers its parts in MMPose's own registries. These children are for configs that
inherit with ``_base_ = 'erpose::…'``: MMEngine then looks every type up in the scope
``erpose``, finds nothing and asks the parent.
"""
from mmengine.registry import Registry
from mmpose import registry as _mmpose

globals().update({
    name: Registry(value.name, parent=value, scope='erpose')
    for name, value in vars(_mmpose).items()
    if isinstance(value, Registry) and value.scope == 'mmpose'
})
