"""How fast the portal is, each time beside the least that the same machine needs for it in the same run."""
