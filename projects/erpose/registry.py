"""The scope ``erpose``: child registries of MMPose's.

erpose registers its parts in MMPose's own registries. These children are for types that
are written with their package, ``type='erpose.ERPoseHead'``, and for
``default_scope='erpose'``: MMEngine looks in the child, finds nothing and asks the parents.

Note:
    MMEngine imports the ``locations`` of the registry it is asked, and not those of its
    parents: a child without them knows only what happens to be imported already, and takes
    erpose for not installed.
"""
from mmengine.registry import Registry
from mmpose import registry as _mmpose

globals().update({
    name: Registry(value.name, parent=value, scope='erpose', locations=[*value._locations,
                                                                        'erpose'])
    for name, value in vars(_mmpose).items()
    if isinstance(value, Registry) and value.scope == 'mmpose'
})
