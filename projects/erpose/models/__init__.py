from . import assigners, decoders, heads, layers, losses

__all__ = ['assigners', 'decoders', 'heads', 'layers', 'losses']
