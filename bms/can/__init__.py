"""What goes over the wire: generated frames, and the link which fills and reads them."""
