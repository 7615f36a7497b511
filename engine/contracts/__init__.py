"""Contracts as executable data: the expression language, its evaluation, its checks and the code it reads as.

Nothing here knows the runtime: what a contract promises is worked out apart from the code that is tested.
"""
