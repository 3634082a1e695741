"""The integer lane that judges: what is measured, what is believed, what is acted upon. Allocates nothing."""
