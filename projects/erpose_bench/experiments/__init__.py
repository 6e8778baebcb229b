from .plan import Plan, System, load_plan, plans

__all__ = ['Plan', 'System', 'load_plan', 'plans']
