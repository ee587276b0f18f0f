"""Hearing: the roles of speech engines, and what is made of their answers."""
