"""One file per promise; a test is a sentence about the world."""
