"""Read models: one module for each screen or endpoint, each with one function that loads all of it in a few queries."""
