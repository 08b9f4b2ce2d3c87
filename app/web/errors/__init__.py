"""When something is wrong: what pages and the API have in common, and what people see."""
