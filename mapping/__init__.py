"""What goes where? Mappings and rules; converting, checking and building payloads."""
