"""The scope ``erpose``: child registries of MMPose's.

erpose registers its modules in MMPose's own registries. The children make types with the
prefix, ``type='erpose.ERPoseHead'``, and ``default_scope='erpose'`` work: MMEngine searches
the empty child and then its parents.

Note:
    MMEngine imports the ``locations`` of the registry that it searches, not those of its
    parents. Without ``locations``, a child finds only modules that are already imported.
"""
from mmengine.registry import Registry
from mmpose import registry as _mmpose

globals().update({
    name: Registry(value.name, parent=value, scope='erpose', locations=[*value._locations,
                                                                        'erpose'])
    for name, value in vars(_mmpose).items()
    if isinstance(value, Registry) and value.scope == 'mmpose'
})
