"""Mutations of genuine files, and the readers that have to survive them; tests/gate/test_fuzzing.py runs both."""
