"""The information plane: what layers say of input and label while a network learns."""
