"""The portal inside a host product: in a frame whose cookies may be blocked, and in windows that the frame opens."""
