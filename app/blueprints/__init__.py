"""The pages: one module is one page and one line of the sidebar."""
