"""Mutation testing of the integer lane: every small mistake somebody could make there must be noticed by a test.

`python -m tests.mutation` changes one thing at a time in a module of bms/safety or bms/control (mutator.py), asks the tests
that table.py names for it (runner.py), and prints the changes that none of them noticed. What no test can notice stands with
its reason in equivalents.toml.
"""
