"""HTML to PDF, in a process of its own that can read and reach nothing, and that may hang or die without harm."""
