from .muon_adamw import MuonAdamW

__all__ = ['MuonAdamW']
