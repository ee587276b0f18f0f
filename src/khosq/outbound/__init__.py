"""Requests that we send to addresses others gave us, behind one guard."""
