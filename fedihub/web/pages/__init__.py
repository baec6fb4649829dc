"""One module for each page (or small family of pages), with the routes that lead to it."""
