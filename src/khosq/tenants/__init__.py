"""Customers of this server: their keys, limits and what they have used."""
