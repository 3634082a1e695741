"""From sources to a board: what it needs of them, compiled, in a folder, an image or on the board itself."""
