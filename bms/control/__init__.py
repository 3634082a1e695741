"""The integer lane that limits: the currents which the worst layer can bear. Allocates nothing."""
