"""The hub: what members may do, what an incoming activity means here, its APIs, pages, workers and command line."""
