"""Wires settings, stores, engines and APIs together. The only place that knows everyone."""
