"""Models that histories are held against, and portals built the way that comes to mind first."""
