"""What stands around the pack: a vehicle and a charger. They never use the firmware's own codec."""
